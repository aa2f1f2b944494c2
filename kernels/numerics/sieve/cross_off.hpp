#pragma once

// Crossing off the multiples of one prime in a wheel-30 segment.
//
// A prime p = 30 q + r has its multiples that are coprime to 30 in a pattern which repeats after p
// bytes: multiple p (30 t + s), s a wheel residue, lies in byte p t + q s + (r s) / 30, at a bit
// that depends on r and s only. So for each of the eight r there is code with the eight bits as
// constants, and the only state of a prime is the byte where its current period starts. (The usual
// state machine, as in primesieve, needs an indirect jump a prime besides.)
//
// Cost: one read-modify-write a multiple, 8 for each p bytes.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parlab {

/// A prime and where its current period starts, in bytes from the start of the next segment. The
/// period has begun in a segment before where this is negative.
struct CrossingPrime {
  std::uint32_t prime;
  std::int32_t period_start;
};

/// Crosses off in bytes[0, size) for primes p with wheel residue number `residue`, all from their
/// current period on; moves their state on to the segment that follows. Each period_start must be
/// below size, and above -p.
///
/// whole_periods writes up to p bytes before and after the segment (only at true multiples).
void cross_off_whole_periods(std::size_t residue, std::uint8_t* bytes, std::int32_t size,
                             CrossingPrime* begin, CrossingPrime* end);

/// within stays inside, but for bytes[size], which takes the writes that fall outside. Dearer where
/// p is small, and the one to take where there are no p spare bytes around.
void cross_off_within(std::size_t residue, std::uint8_t* bytes, std::int32_t size,
                      CrossingPrime* begin, CrossingPrime* end);

}  // namespace parlab
