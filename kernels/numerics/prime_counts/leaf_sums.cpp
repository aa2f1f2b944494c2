#include "kernels/numerics/prime_counts/leaf_sums.hpp"

#include <algorithm>
#include <cstdlib>

#ifndef PARLAB_LEAF_SUMS  // once, however often this file is compiled
#define PARLAB_LEAF_SUMS
namespace parlab {
namespace {

/// Below, quotients are exact in double precision: one that is not whole is further from the next
/// whole number than its rounding.
constexpr std::uint64_t exact_below = std::uint64_t{1} << 53;

struct InDoubles {
  static std::uint64_t quotient(std::uint64_t dividend, std::uint64_t divisor) {
    // By signed integers, for which there are instructions at every level.
    return static_cast<std::uint64_t>(
        static_cast<std::int64_t>(static_cast<double>(static_cast<std::int64_t>(dividend)) /
                                  static_cast<double>(static_cast<std::int64_t>(divisor))));
  }
};
struct InIntegers {
  static std::uint64_t quotient(std::uint64_t dividend, std::uint64_t divisor) {
    return dividend / divisor;
  }
};

}  // namespace
}  // namespace parlab
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/prime_counts/leaf_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {

/// pi(dividend / primes[i]) - excess, for i from `first` on and before `end`.
template <class Division>
std::uint64_t sum_of_counts(const std::uint32_t* primes, std::uint64_t first, std::uint64_t end,
                            std::uint64_t dividend, const PrimeTable& table, std::uint64_t excess) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = first; i < end; ++i)
    sum += table.count(Division::quotient(dividend, primes[i])) - excess;
  return sum;
}

std::uint64_t easy_leaves(std::uint64_t x, const std::uint32_t* primes, std::uint64_t all,
                          const PrimeTable& table, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t sum = 0;
  const std::uint64_t y = primes[all];
  for (std::uint64_t b = begin; b < end; ++b) {
    const std::uint64_t prime = primes[b];
    const std::uint64_t dividend = x / prime;
    const std::uint64_t trivial_above = dividend / prime;
    const std::uint64_t hard_to = trivial_above / prime;
    // Where x / (p q) < p only 1 is left.
    std::uint64_t last = trivial_above >= y ? all : table.count(trivial_above);
    if (last < b) last = b;
    sum += all - last;
    std::uint64_t first = hard_to >= y ? all : hard_to <= prime ? b : table.count(hard_to);
    if (first < b) first = b;
    // Clusters: for all q from x / (p next) on there are as many primes up to x / (p q).
    while (last > first) {
      const std::uint64_t q = primes[last];
      const std::uint64_t n = dividend / q;
      if (n >= q) break;
      const std::uint64_t below = table.count(n);
      const std::uint64_t same_above = dividend / primes[below + 1];
      std::uint64_t next = same_above <= prime ? b : table.count(same_above);
      if (next < first) next = first;
      sum += (last - next) * (below - b + 2);
      last = next;
    }
    if (last > first)
      sum += dividend < exact_below
                 ? sum_of_counts<InDoubles>(primes, first + 1, last + 1, dividend, table, b - 2)
                 : sum_of_counts<InIntegers>(primes, first + 1, last + 1, dividend, table, b - 2);
  }
  return sum;
}

template <class Division>
void hard_leaves_by(HardLeaves& leaves, CountedSegment& segment) {
  const auto prime = static_cast<std::int32_t>(leaves.prime);
  const LeafNumber* at = leaves.at;
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  for (; at->number > leaves.above; --at) {
    const std::int32_t factor = at->signed_factor;
    if (std::abs(factor) <= prime) continue;
    const std::uint64_t n = Division::quotient(leaves.dividend, at->number);
    const std::uint64_t left = leaves.left_before + segment.count_up_to(n - leaves.first);
    const std::uint64_t sign = factor < 0 ? 1 : ~std::uint64_t{0};
    sum += sign * left;
    count += sign;
  }
  leaves.at = at;
  leaves.sum = sum;
  leaves.leaves = count;
}

void hard_leaves(HardLeaves& leaves, CountedSegment& segment) {
  if (leaves.dividend < exact_below)
    hard_leaves_by<InDoubles>(leaves, segment);
  else
    hard_leaves_by<InIntegers>(leaves, segment);
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {
HWY_EXPORT(easy_leaves);
HWY_EXPORT(hard_leaves);
}  // namespace

std::uint64_t sum_easy_leaves(std::uint64_t x, std::span<const std::uint32_t> primes,
                              const PrimeTable& table, IndexRange range) {
  return HWY_DYNAMIC_DISPATCH(easy_leaves)(x, primes.data(), primes.size() - 1, table, range.begin,
                                           range.end);
}

void sum_hard_leaves(HardLeaves& leaves, CountedSegment& segment) {
  HWY_DYNAMIC_DISPATCH(hard_leaves)(leaves, segment);
}

}  // namespace parlab
#endif  // HWY_ONCE
