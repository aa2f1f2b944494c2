#include <string>

#include "kernels/sharing/manager.hpp"
#include "kernels/sharing/manager/greeting.hpp"
using namespace parlab;

int main() {
  if (!keys_supported()) return 0;
  const std::string key = "a key of some length";
  Manager manager({.address = "tcp:127.0.0.1:0", .key = key});  // here; port 0: any that is free
  ManagedQueue mine = manager.queue(0, "jobs");
  ManagerClient client = ManagerClient::connect(manager.address(), {.key = key});  // there
  auto jobs = managed<ManagedQueue>(client, "Queue", {.initial = 0, .name = "jobs"});
  jobs.put("hello");
  return mine.get() == "hello" ? 0 : 1;
}
