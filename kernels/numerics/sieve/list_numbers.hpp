#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parlab {

/// Writes the numbers whose bits are set in bytes[0, size), which stand for those from
/// 30 * first_byte on, in order to `out`; returns the place behind the last. Writes no further.
/// Cost: by AVX-512 VBMI2 some 0.2 ns a number where they are dense, else 0.8 ns.
std::uint64_t* list_numbers(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                            std::uint64_t* out);

/// The same for numbers below 2^32.
std::uint32_t* list_numbers(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                            std::uint32_t* out);

/// Calls visit(numbers) for those above `above` and up to `most` of a wheel-30 bitmap, at most
/// `batch_size` at a time; never with none.
template <std::size_t batch_size, class Visit>
void for_each_batch(std::span<const std::uint8_t> bitmap, std::uint64_t above, std::uint64_t most,
                    const Visit& visit) {
  if (above >= most) return;
  std::array<std::uint32_t, batch_size> batch;
  constexpr std::uint64_t batch_bytes = batch_size / 8;
  const std::uint64_t end = std::min<std::uint64_t>(bitmap.size(), most / 30 + 1);
  for (std::uint64_t at = above / 30; at < end; at += batch_bytes) {
    const std::uint32_t* const batch_end =
        list_numbers(bitmap.data() + at, std::min(batch_bytes, end - at), at, batch.data());
    // Only the first and the last batch hold others.
    std::span<const std::uint32_t> numbers(batch.data(), batch_end);
    while (!numbers.empty() && numbers.front() <= above) numbers = numbers.subspan(1);
    while (!numbers.empty() && numbers.back() > most) numbers = numbers.first(numbers.size() - 1);
    if (!numbers.empty()) visit(numbers);
  }
}

}  // namespace parlab
