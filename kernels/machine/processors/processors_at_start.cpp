// The processors that this process was given, read before any constructor of a library runs:
// libgomp's binds the initial thread where the environment asks for it, and is run before ours,
// whose library depends on it.
//
// The loader resolves an indirect function (ifunc) while it relocates, and it relocates all that is
// loaded together before it initialises any of it. So the resolver of one reads the set. It may use
// nothing that may not have been relocated yet: no library function, no sanitizer (CMakeLists.txt
// turns them off for this source).
//
// Source: Drepper, "How To Write Shared Libraries", and the System V ABI's R_*_IRELATIVE.

#include <features.h>
#include <sys/syscall.h>

#include "kernels/machine/processors/processor_set.hpp"

namespace parlab {
namespace {

ProcessorSet at_start;  // zero until it was read; nothing constructs it

}  // namespace
}  // namespace parlab

#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))

extern "C" {

[[gnu::visibility("hidden")]] void parlab_nothing() {}

// Not static: clang would look for it by another name.
[[gnu::visibility("hidden")]] auto parlab_read_processors() -> void (*)() {
#ifdef __x86_64__
  long result = 0;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(SYS_sched_getaffinity), "D"(0), "S"(sizeof parlab::at_start),
                 "d"(&parlab::at_start)
               : "rcx", "r11", "memory");
#else
  register long number asm("x8") = SYS_sched_getaffinity;
  register long first asm("x0") = 0;
  register unsigned long second asm("x1") = sizeof parlab::at_start;
  register void* third asm("x2") = &parlab::at_start;
  asm volatile("svc 0" : "+r"(first) : "r"(number), "r"(second), "r"(third) : "memory");
#endif
  return parlab_nothing;
}

[[gnu::ifunc("parlab_read_processors"), gnu::visibility("hidden")]] void parlab_processors_read();
}

#else  // later: behind the constructors of the libraries that ours depends on

extern "C" [[gnu::constructor(101)]] void parlab_processors_read() {
  parlab::at_start = parlab::processors_of_thread();
}

#endif

namespace parlab {

const ProcessorSet& processors_at_start() {
#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))
  parlab_processors_read();  // a reference to it is what makes the loader resolve it
#endif
  return at_start;
}

}  // namespace parlab
