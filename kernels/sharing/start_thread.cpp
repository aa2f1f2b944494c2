#include "kernels/sharing/start_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "kernels/sharing/sharing_errors.hpp"
#include "kernels/sharing/thread_shortage.hpp"

namespace parlab {
std::thread start_thread(std::function<void()> work, const std::string& which) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error&) {
    throw OutOfRoom("cannot start " + which + ": " + why_no_thread());
  } catch (const std::bad_alloc&) {
    throw OutOfRoom("cannot start " + which + ": " + why_no_process(ENOMEM));
  }
}

void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace parlab
