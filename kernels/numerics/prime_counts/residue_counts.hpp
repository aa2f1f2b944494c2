#pragma once

// The numbers up to n without a factor up to 13: phi(n, 6) by a table of residues modulo 30030.

#include <cstdint>
#include <vector>

namespace parlab {

class ResidueCounts {
 public:
  static const ResidueCounts& instance() {
    static const ResidueCounts counts;
    return counts;
  }

  std::uint64_t count(std::uint64_t n) const {
    return n / period * up_to_.back() + up_to_[n % period];
  }

 private:
  static constexpr std::uint64_t period = 2 * 3 * 5 * 7 * 11 * 13;

  ResidueCounts() {
    std::uint16_t count = 0;
    for (std::uint64_t n = 0; n < period; ++n) {
      const bool left =
          n % 2 != 0 && n % 3 != 0 && n % 5 != 0 && n % 7 != 0 && n % 11 != 0 && n % 13 != 0;
      count = static_cast<std::uint16_t>(count + (left ? 1 : 0));
      up_to_.push_back(count);
    }
  }

  std::vector<std::uint16_t> up_to_;
};

}  // namespace parlab
