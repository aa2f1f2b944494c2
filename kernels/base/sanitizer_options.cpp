// The sanitizers' options, built in, so that a program started by hand has them as well as
// one that a test starts. TSAN_OPTIONS in the environment still wins. (Archer looks only there for
// the first option, and warns where it is not; the test preset therefore says it once more.)

#include "kernels/base/sanitizers.hpp"

#ifdef PARLAB_THREAD_SANITIZER
extern "C" const char* __tsan_default_options() {  // NOLINT(bugprone-reserved-identifier): its name
  // libomp and oneTBB are not instrumented: what they do among themselves looks like a race. What
  // they order for us is told by Archer (loaded by libomp on its own) and by Handover. At its end a
  // program would wait a second for other threads' reports; ours have joined theirs.
  return "ignore_noninstrumented_modules=1:atexit_sleep_ms=20";
}
#endif

#ifdef PARLAB_ADDRESS_SANITIZER
// Of clang's OpenMP, which throws away in a child what its parent's threads had.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libomp.so\n";
}
#endif
