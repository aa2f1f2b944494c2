#pragma once

// The sieve of Eratosthenes as every textbook has it, in blocks so that it fits in memory. Slow and
// plain on purpose: the fast ones are held to it.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/base/function_ref.hpp"
#include "kernels/base/index_range.hpp"

namespace parlab {

/// Calls visit(p) for every prime p of the range, in order. Requires range.end <= 2^62, so that no
/// sum overflows. Cost: n log log n steps for n = range.size() + sqrt(range.end).
inline void for_each_prime_by_textbook(IndexRange range, FunctionRef<void(std::uint64_t)> visit) {
  constexpr std::uint64_t block = 1 << 20;  // numbers; one byte each, so 1 MiB
  std::vector<std::uint64_t> base;
  std::uint64_t root = 0;
  while (root * root < range.end) ++root;
  if (range.end > 4)
    for_each_prime_by_textbook({2, root}, [&](std::uint64_t p) { base.push_back(p); });
  std::vector<char> composite;
  for (std::uint64_t begin = std::max<std::uint64_t>(range.begin, 2); begin < range.end;) {
    const std::uint64_t end = std::min(range.end, begin + block);
    composite.assign(end - begin, 0);
    for (const std::uint64_t p : base) {
      if (p * p >= end) break;
      const std::uint64_t first = std::max(p * p, (begin + p - 1) / p * p);
      for (std::uint64_t multiple = first; multiple < end; multiple += p)
        composite[multiple - begin] = 1;
    }
    for (std::uint64_t n = begin; n < end; ++n)
      if (composite[n - begin] == 0) visit(n);
    begin = end;
  }
}

}  // namespace parlab
