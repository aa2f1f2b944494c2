#pragma once

// What the binding of OpenMP's threads does to all others, and the cure.
//
// Where the environment binds (OMP_PROC_BIND, OMP_PLACES, GOMP_CPU_AFFINITY, KMP_AFFINITY), a
// runtime binds the thread that it takes for the initial one to the first of its places, often one
// processor: GCC's as it is loaded, LLVM's at its first use, both also any other thread at its
// first parallel region. Threads and processes inherit this. std::thread, TBB and forked workers
// would all compute on that one processor, and everybody would count one usable core.
//
// Source: OpenMP 5.2, sections 10.1.3 and 21.1; libgomp's affinity.c and team.c.

#include <unistd.h>

#include <map>
#include <optional>
#include <string>

#include "kernels/machine/processors/processor_set.hpp"

namespace parlab {

/// The variables by which an environment binds OpenMP's threads, as they are set: {"OMP_PROC_BIND":
/// "close", "OMP_PLACES": "cores"}. Empty where it does not.
std::map<std::string, std::string> openmp_binding(char** environment = environ);

/// Those of this process's that the runtime under the backend openmp heeds: GCC's passes over
/// LLVM's KMP_AFFINITY.
std::map<std::string, std::string> heeded_openmp_binding();

/// What the calling thread would run on without OpenMP. Where the environment binds, and the thread
/// is on exactly one place of a runtime, because it was bound or inherited that, what the process
/// was given; else what it may run on now.
ProcessorSet processors_without_openmp();

/// Undoes the binding of the initial thread, for good, before it starts or forks anything: to be
/// called at the start of main().
void unbind_main_thread();

/// Undoes the binding of the calling thread for a scope. At its end the thread has what it had
/// before, whatever ran in between. Costs nothing to speak of where the environment does not bind.
class UnboundFromOpenMP {
 public:
  UnboundFromOpenMP();
  UnboundFromOpenMP(const UnboundFromOpenMP&) = delete;
  UnboundFromOpenMP& operator=(const UnboundFromOpenMP&) = delete;
  ~UnboundFromOpenMP();

 private:
  std::optional<ProcessorSet> before_;
};

}  // namespace parlab
