#include "kernels/sharing/sync/file_lock.hpp"

#include <unistd.h>

#include <mutex>

using namespace parlab;

int main() {
  FileLock lock("/tmp/parlab-file-lock-" + std::to_string(getpid()));
  {
    const std::lock_guard hold(lock);  // released by the kernel where its owner dies
  }
  unlink(lock.path().c_str());
  return 0;
}
