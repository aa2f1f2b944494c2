#pragma once

// How long memory takes to answer: a list whose every cell names the next, in an order that neither
// the processor nor a prefetcher can guess, so that each load waits for the one before it.
//
// The order is a bijection of the cells' numbers, computed without memory: cell place(n) leads to
// cell place(n + 1), and the last to the first. So a chase may begin at any step: it is a function
// of its range of steps, and its answer is known without loading anything.
//
// Cost: one load a step, from whatever level of memory holds the list: the latency, that of address
// translation (TLB misses) included.

#include <cstdint>

#include "kernels/base/index_range.hpp"
#include "kernels/base/kernel_registry.hpp"

namespace parlab {

/// A line of the cache to itself.
struct alignas(64) ChaseCell {
  std::uint64_t next;
};

/// The order in which 2^bits cells are visited. Requires bits < 64.
class ChaseOrder {
 public:
  explicit constexpr ChaseOrder(int bits)
      : mask_((std::uint64_t{1} << bits) - 1), half_(bits / 2 + 1) {}

  constexpr std::uint64_t cells() const { return mask_ + 1; }

  /// The cell of step n: a bijection of [0, cells()), and periodic beyond. Multiplications by odd
  /// numbers and shifts to the right, each of which can be undone modulo 2^bits.
  constexpr std::uint64_t place(std::uint64_t n) const {
    n &= mask_;
    for (const std::uint64_t odd : {0x9E3779B97F4A7C15u, 0xD6E8FEB86659FD93u}) {
      n = n * odd & mask_;
      n ^= n >> half_;
    }
    return n;
  }

 private:
  std::uint64_t mask_;
  int half_;
};

/// Makes these steps of the list; cells has order.cells() of them.
inline void link_cells(const ChaseOrder& order, IndexRange steps, ChaseCell* cells) {
  for (std::uint64_t n = steps.begin; n < steps.end; ++n)
    cells[order.place(n)].next = order.place(n + 1);
}

/// Goes these steps through the list; the sum of the cells that it comes to.
inline std::uint64_t chase(const ChaseOrder& order, IndexRange steps, const ChaseCell* cells) {
  std::uint64_t at = order.place(steps.begin);
  std::uint64_t sum = 0;
  for (std::uint64_t n = steps.begin; n < steps.end; ++n) {
    at = cells[at].next;
    sum += at;
  }
  return sum;
}

inline const RegisterKernel registered_chase{
    {"stream", "latency", "loads that wait for each other, all over a list"}};

}  // namespace parlab
