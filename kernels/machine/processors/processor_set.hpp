#pragma once

// A set of processors, as the kernel numbers them: what a thread may run on.

#include <array>
#include <cstddef>
#include <vector>

namespace parlab {

/// Larger than cpu_set_t, which machines with more than 1024 processors do not fit in. An
/// aggregate, so that one can be filled before constructors run.
struct ProcessorSet {
  /// The most that a Linux kernel can be built for (NR_CPUS).
  static constexpr std::size_t capacity = 8192;
  static constexpr std::size_t bits_per_word = 8 * sizeof(unsigned long);

  std::array<unsigned long, capacity / bits_per_word> words;

  /// Numbers beyond the capacity are left out.
  void add(int processor);
  int count() const;
  /// In ascending order.
  std::vector<int> numbers() const;

  friend bool operator==(const ProcessorSet&, const ProcessorSet&) = default;
};

/// What the calling thread may run on; empty where the kernel does not tell.
ProcessorSet processors_of_thread();

/// Lets the calling thread, and what it starts from now on, run on these only. Returns whether the
/// kernel allowed it.
bool bind_thread(const ProcessorSet& processors);

/// What this process was given when it was started, before any library was initialised: an OpenMP
/// runtime may bind the initial thread to one processor as it is loaded.
const ProcessorSet& processors_at_start();

}  // namespace parlab
