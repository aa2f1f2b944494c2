// Primes of a range without a sieve: its odd numbers, tested many at once (primality.hpp). For
// short ranges of large numbers, where a sieve would need the primes up to their root first.

#include <algorithm>
#include <array>

#include "kernels/numerics/primality/primality.hpp"

namespace parlab {
namespace {

constexpr std::size_t at_once = 2048;  // numbers, a block of are_prime

/// Calls take(numbers, flags) for the odd numbers of the range and whether they are prime.
template <class Take>
void for_each_block(IndexRange range, const Take& take) {
  std::array<std::uint64_t, at_once> numbers;
  std::array<std::uint8_t, at_once> prime;
  // By differences: range.end may be the largest number.
  std::uint64_t left = range.begin % 2 == 0 ? range.size() / 2 : range.size() - range.size() / 2;
  for (std::uint64_t n = range.begin | 1; left > 0;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, at_once));
    for (std::size_t i = 0; i < count; ++i) numbers[i] = n + 2 * i;
    are_prime({numbers.data(), count}, prime.data());
    take(std::span(numbers.data(), count), prime.data());
    n += 2 * count;
    left -= count;
  }
}

bool holds_two(IndexRange range) { return range.begin <= 2 && 2 < range.end; }

}  // namespace

std::uint64_t count_primes_by_batch(IndexRange range) {
  std::uint64_t count = holds_two(range) ? 1 : 0;
  for_each_block(range, [&](std::span<const std::uint64_t> numbers, const std::uint8_t* prime) {
    for (std::size_t i = 0; i < numbers.size(); ++i) count += prime[i];
  });
  return count;
}

std::uint64_t list_primes_by_batch(IndexRange range, std::uint64_t* out) {
  std::uint64_t* next = out;
  if (holds_two(range)) *next++ = 2;
  for_each_block(range, [&](std::span<const std::uint64_t> numbers, const std::uint8_t* prime) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (prime[i] != 0) *next++ = numbers[i];
  });
  return static_cast<std::uint64_t>(next - out);
}

}  // namespace parlab
