#pragma once

// In which order the arms of a round run. Each round's order is drawn independently of all others:
// then no arm keeps a place or a predecessor, and whatever a place in a round costs, it is as
// likely to fall on one arm of a pair as on the other. The signs of the paired differences are fair
// coins by this draw alone (a randomisation test), however the machine behaves over time.
// A rotated order balances places, but leaves each arm the same predecessor in nearly all rounds.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parlab {

/// The entrants in the order of one round: a function of the seed and the round's number alone, so
/// that a race that is continued goes on with orders of its own.
std::vector<std::size_t> round_order(std::vector<std::size_t> entrants, std::uint64_t seed,
                                     std::uint64_t round);

}  // namespace parlab
