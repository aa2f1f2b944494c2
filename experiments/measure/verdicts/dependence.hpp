#pragma once

// Whether neighbouring rounds of a race resemble each other: then so many rounds are worth fewer, and
// the medians of blocks of rounds take their place.
//
// One pair's lag-1 correlation is known to +-2 / sqrt(R) only: judged by itself, one pair in twenty
// loses its verdict by chance, and most memory is not seen. So it is pooled over all pairs of a race,
// which have the machine in common. A pair that by itself shows more than chance gives one in a
// thousand (an arm with a memory) has blocks whatever the others show.

#include <span>
#include <vector>

namespace parlab {

/// Lag-1 autocorrelation; 0 for fewer than 3 values or a constant series.
double serial_correlation(std::span<const double> series);

/// ln base - ln arm by round, of each arm that is compared with one baseline.
using PairsOfABaseline = std::vector<std::vector<double>>;

/// Lag-1 correlation of the differences, pooled over all pairs by their rounds and corrected for its
/// bias of -1 / R; 0 where it is within what independent rounds give, or below 0.12, which costs
/// intervals nothing that could be seen. Pairs of fewer than 7 rounds do not count.
double pooled_dependence(const std::vector<PairsOfABaseline>& groups);

/// Rounds of a block: 1 below a correlation of 0.12, then 2, from 0.35 on 4, from 0.65 on 8, so that
/// those of blocks are small.
int block_for(double correlation);

/// Rounds of a block for one pair of a race whose pairs show `pooled` together.
int block_of_pair(std::span<const double> differences, double pooled);

}  // namespace parlab
