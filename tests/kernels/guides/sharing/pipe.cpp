#include "kernels/posix/wait.hpp"
#include "kernels/sharing/messages/connection.hpp"
#include "kernels/sharing/process.hpp"

using namespace parlab;
using namespace std::chrono_literals;

int main() {
  auto [here, there] = make_pipe();
  Process child([end = &there] { end->send(end->recv<std::string>() + "!"); });
  child.start();
  there.close();  // or its end is not seen here
  here.send(std::string("hello"));
  wait({here.fileno(), child.sentinel()}, 10s);  // which of them is ready
  return here.recv<std::string>() == "hello!" ? 0 : 1;
}
