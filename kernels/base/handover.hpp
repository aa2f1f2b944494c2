#pragma once

// Tells the thread sanitizer what a backend orders: all that the caller did before run() happens
// before each chunk, and each chunk before the return of run().
//
// For backends that run on a library which was not built with the sanitizer (oneTBB): the sanitizer
// does not see the locks and atomics inside, and would report each partial that the caller reads.
// It goes by this word, so a Handover belongs only where the library gives that order. Backends
// whose threads it sees need none. Cost: none, except in a build with -fsanitize=thread.
//
// Source: <sanitizer/tsan_interface.h>, __tsan_acquire and __tsan_release.

#include "kernels/base/sanitizers.hpp"

namespace parlab {

/// Lives on the caller's stack for as long as run().
class Handover {
 public:
  Handover() noexcept { give(&begun_); }
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;
  ~Handover() { take(&done_); }

  /// Lives on the worker's stack for as long as a chunk, so that one which throws is handed over
  /// too.
  class Chunk {
   public:
    explicit Chunk(Handover& handover) noexcept : handover_(handover) { take(&handover_.begun_); }
    Chunk(const Chunk&) = delete;
    Chunk& operator=(const Chunk&) = delete;
    ~Chunk() { give(&handover_.done_); }

   private:
    Handover& handover_;
  };

 private:
#ifdef PARLAB_THREAD_SANITIZER
  static void give(char* place) noexcept { __tsan_release(place); }
  static void take(char* place) noexcept { __tsan_acquire(place); }
#else
  static void give(char*) noexcept {}
  static void take(char*) noexcept {}
#endif

  char begun_ = 0;  // only their addresses mean something
  char done_ = 0;
};

}  // namespace parlab
