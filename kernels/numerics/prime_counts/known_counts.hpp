#pragma once

// How many primes there are up to powers of ten, as tables have it.

#include <array>
#include <cstdint>
#include <optional>

namespace parlab {

/// Entry k: the primes up to 10^k. Source: The On-Line Encyclopedia of Integer Sequences, A006880.
inline constexpr std::array<std::uint64_t, 20> known_prime_counts = {0,
                                                                     4,
                                                                     25,
                                                                     168,
                                                                     1'229,
                                                                     9'592,
                                                                     78'498,
                                                                     664'579,
                                                                     5'761'455,
                                                                     50'847'534,
                                                                     455'052'511,
                                                                     4'118'054'813,
                                                                     37'607'912'018,
                                                                     346'065'536'839,
                                                                     3'204'941'750'802,
                                                                     29'844'570'422'669,
                                                                     279'238'341'033'925,
                                                                     2'623'557'157'654'233,
                                                                     24'739'954'287'740'860,
                                                                     234'057'667'276'344'607};

/// The primes below `end` where it is one of those powers of ten, the first excepted.
constexpr std::optional<std::uint64_t> known_primes_below(std::uint64_t end) {
  std::uint64_t power = 10;
  for (std::size_t k = 1; k < known_prime_counts.size(); ++k, power *= 10)
    if (end == power) return known_prime_counts[k];
  return std::nullopt;
}

}  // namespace parlab
