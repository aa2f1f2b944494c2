#include <string>

#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"
using namespace parlab;

int main() {
  if (!keys_supported()) return 0;
  const std::string key = "a key of some length";
  // Here: this machine alone, at any port that is free. "tls:0.0.0.0:7000": for all machines.
  Manager manager({.address = "tls:127.0.0.1:0", .key = key});
  ManagedQueue mine = manager.queue(0, "jobs");
  ManagerClient client = ManagerClient::connect(manager.address(), {.key = key});  // there
  auto jobs = managed<ManagedQueue>(client, "Queue", {.initial = 0, .name = "jobs"});
  jobs.put("hello");
  return mine.get() == "hello" ? 0 : 1;
}
