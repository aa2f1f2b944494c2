#pragma once

// What a parallel region needs before it begins: room for its threads, and the thread that begins
// it on the place that OpenMP takes it to be on.
//
// parlab undoes the binding of its threads (kernels/machine/processors/openmp_binding.hpp), behind the
// runtime's back: only the workers that the runtime starts itself would still be bound as the user
// asked. So whoever begins a region goes to its place first, and is given back afterwards.

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "kernels/base/thread_shortage.hpp"
#include "kernels/machine/processors/processor_set.hpp"

namespace parlab {

/// Bytes of the stack of a thread that the runtime starts: what the environment asks for, as the
/// number of KiB or with a unit; 0 for the system's default.
inline std::size_t openmp_stack_bytes() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets the environment
  const char* const text = std::getenv("OMP_STACKSIZE");
  if (text == nullptr) return 0;
  std::string_view size = text;
  size.remove_prefix(std::min(size.find_first_not_of(" \t"), size.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), number);
  if (error != std::errc{}) return 0;  // the runtime passes over it, too
  size.remove_prefix(static_cast<std::size_t>(end - size.data()));
  size.remove_prefix(std::min(size.find_first_not_of(" \t"), size.size()));
  constexpr std::string_view units = "bkmg";
  const auto letter = static_cast<char>(size.empty() ? 'k' : std::tolower(size.front()));
  const std::size_t unit = units.find(letter);
  if (unit == std::string_view::npos) return 0;
  constexpr std::uint64_t most = std::uint64_t{1} << 46;  // more than there are addresses
  return std::min(number, most >> (10 * unit)) << (10 * unit);
}

/// Tries the threads that the runtime will start for the calling thread, which keeps them until a
/// region with fewer: so only where the last one had fewer.
inline void try_openmp_threads(int threads) {
  static thread_local int last = 1;  // this one
  if (threads > last) try_threads(2, threads, openmp_stack_bytes());
  last = threads;
}

/// Lives as long as what begins the regions. Costs one question to the kernel a region, nothing
/// where the environment does not bind.
class OpenMPThreads {
 public:
  OpenMPThreads() = default;
  OpenMPThreads(const OpenMPThreads&) = delete;
  OpenMPThreads& operator=(const OpenMPThreads&) = delete;
  /// Gives the thread back what it had, if it is the one that ends this.
  ~OpenMPThreads() {
    if (before_ && pthread_equal(thread_, pthread_self()) != 0) bind_thread(*before_);
  }

  /// Called before each region of so many threads, on the thread that begins it. Throws
  /// ThreadShortage: a runtime would end the process. No promise, but all that can be known.
  void prepare(int threads) {
    try_openmp_threads(threads);
    go_to_place();
  }

 private:
  void go_to_place() {
    if (omp_get_proc_bind() == omp_proc_bind_false) return;
    const ProcessorSet now = processors_of_thread();
    if (!before_ || pthread_equal(thread_, pthread_self()) == 0) {
      before_ = now;
      thread_ = pthread_self();
    }
    const int number = omp_get_place_num();
    if (number < 0) return;  // the runtime binds it in this region
    std::vector<int> numbers(static_cast<std::size_t>(omp_get_place_num_procs(number)));
    omp_get_place_proc_ids(number, numbers.data());
    ProcessorSet place{};
    for (const int processor : numbers) place.add(processor);
    if (place != now) bind_thread(place);
  }

  std::optional<ProcessorSet> before_;
  pthread_t thread_{};
};

}  // namespace parlab
