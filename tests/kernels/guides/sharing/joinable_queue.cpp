#include "kernels/sharing/queues/joinable_queue.hpp"

#include "kernels/sharing/process.hpp"

using namespace parlab;

int main() {
  JoinableQueue<std::string> urls;
  Process worker(
      [&] {
        for (;;) {
          urls.get();
          urls.task_done();
        }
      },
      {.daemon = true});
  worker.start();
  for (const char* url : {"a", "b", "c"}) urls.put(url);
  return urls.join() ? 0 : 1;  // true: all are done
}
