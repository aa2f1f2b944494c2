#include <unistd.h>

#include "kernels/posix/signal_guard.hpp"
#include "kernels/sharing/pool/pool.hpp"

using namespace parlab;

int main() {
  const InterruptionScope interruption;  // Ctrl-C and SIGTERM become exceptions of every wait
  try {
    Pool pool(2);
    std::raise(SIGTERM);  // as if somebody had sent it
    pool.map([](int) { pause(); }, std::vector<int>{1, 2});
  } catch (const Interrupted& interrupted) {         // the pool's workers have ended
    return interrupted.signal() == SIGTERM ? 0 : 1;  // yours: 128 + interrupted.signal()
  }
  return 1;
}
