#pragma once

#include <string_view>

namespace parlab {

/// To be called before a fork whose child goes on in C++: a lock that another thread holds at that
/// moment would stay locked in the child indefinitely. Where OpenMP keeps threads, it is told to
/// end them (omp_pause_resource_all; libgomp's child would hang in its first parallel region).
/// Where other threads remain, throws ForkRefused, which names `what` was to be started.
///
/// Cost: one stat.
void require_no_other_threads(std::string_view what);

/// Lives in a thread of this library which holds no lock that a child needs: it does not count.
class ThreadThatMayFork {
 public:
  ThreadThatMayFork();
  ThreadThatMayFork(const ThreadThatMayFork&) = delete;
  ThreadThatMayFork& operator=(const ThreadThatMayFork&) = delete;
  ~ThreadThatMayFork();
};

}  // namespace parlab
