#include "kernels/numerics/large_primes/hit_lists.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>
#include <stdexcept>
#include <utility>

#include "kernels/numerics/large_primes/wheel_steps.hpp"

namespace parlab {
namespace {

constexpr std::size_t block_bytes = EntryBlocks::entries * sizeof(EntryBlocks::Slot);
static_assert(block_bytes == 8192 && sizeof(EntryBlocks::Slot) == 8);

/// Memory is taken in huge pages where there are some: lists are written to at many places.
constexpr std::size_t huge_page = std::size_t{2} << 20;

constexpr unsigned state_bits = 23;  // of the byte within a segment
constexpr std::uint32_t byte_mask = (1U << state_bits) - 1;
static_assert(HitLists::most_segment_bits <= state_bits);
static_assert(wheel_steps.size() <= 1U << (32 - state_bits));

}  // namespace

void EntryBlocks::Unmap::operator()(Slot* memory) const { munmap(memory, bytes); }

void EntryBlocks::grow() {
  // Each time half as much again, so that short ranges take little and long ones few calls.
  std::size_t taken = 0;
  for (const Memory& memory : memory_) taken += memory.get_deleter().bytes;
  const std::size_t bytes = std::max(huge_page, taken / 2 / huge_page * huge_page);
  // Cut to where a huge page begins.
  const std::size_t mapped = bytes + huge_page;
  void* const start =
      mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  auto* const from = static_cast<std::uint8_t*>(start);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(from) % huge_page;
  if (before != 0) munmap(from, before);
  if (before != huge_page) munmap(from + before + bytes, huge_page - before);
  madvise(from + before, bytes, MADV_HUGEPAGE);  // a hint: without it all is right too
  Memory memory(reinterpret_cast<Slot*>(from + before), Unmap{bytes});
  memory_.reserve(memory_.size() + 1);
  memory_.push_back(std::move(memory));
}

EntryBlocks::Slot* EntryBlocks::unused() {
  if (next_ == end_) {
    if (in_use_ == memory_.size()) grow();
    const Memory& memory = memory_[in_use_++];
    next_ = memory.get();
    end_ = next_ + memory.get_deleter().bytes / sizeof(Slot);
  }
  return std::exchange(next_, next_ + entries);
}

void EntryBlocks::reset() {
  free_ = next_ = end_ = nullptr;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < in_use_; ++i) {
    const std::size_t bytes = memory_[i].get_deleter().bytes;
    kept += bytes;
    // Unlike to unmap it, this costs no clearing of pages where the next range comes soon.
    if (kept > most_kept) madvise(memory_[i].get(), bytes, MADV_FREE);
  }
  in_use_ = 0;
}

void HitLists::begin_at(std::uint64_t first_byte, std::uint64_t size, unsigned segment_bits,
                        std::uint64_t largest) {
  blocks_.reset();
  segment_bits_ = segment_bits;
  current_ = 0;
  first_byte_ = first_byte;
  bytes_left_ = size;
  segments_left_ = (size >> segment_bits) + ((size & ((1U << segment_bits) - 1)) != 0 ? 1 : 0);
  // The first multiple lies less than p ahead, and the next coprime to 210 a gap beyond.
  const std::uint64_t reach = ((longest_gap + 1) * largest / 30 >> segment_bits) + 3;
  const std::uint64_t lists = std::bit_ceil(std::min(reach, segments_left_));
  ring_mask_ = lists - 1;
  ends_.assign(lists + 1, nullptr);
}

HitLists::Slot* HitLists::extended(std::uint64_t list) {
  Slot* const end = ends_[list];
  Slot* const full = end == nullptr ? nullptr : end - EntryBlocks::entries;
  // What lies beyond the range is written over and over.
  if (list == ring_mask_ + 1 && full != nullptr) return full + 1;
  return blocks_.take(full) + 1;
}

void HitLists::add(std::span<const std::uint32_t> primes) {
  if (!primes.empty() && primes.front() < smallest_large_prime)
    throw std::logic_error("a list of hits takes no prime this small");
  const std::uint64_t reach = std::min(bytes_left_, (ring_mask_ + 1) << segment_bits_);
  const std::size_t count = find_first_hits(primes, first_byte_, reach, hits_);
  const std::uint32_t in_segment = (1U << segment_bits_) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t byte = hits_.bytes[i];
    const std::uint64_t list = (current_ + (byte >> segment_bits_)) & ring_mask_;
    Slot* free = ends_[list];
    if (is_full(free)) free = extended(list);
    *free = {.entry = {hits_.quotients[i], (byte & in_segment) | hits_.places[i] << state_bits}};
    ends_[list] = free + 1;
  }
}

void HitLists::cross_off(std::uint8_t* bytes) {
  const std::uint32_t in_segment = (1U << segment_bits_) - 1;
  const unsigned segment_bits = segment_bits_;
  // Copies, for a write to bytes may change any member as far as the compiler knows.
  Slot** const ends = ends_.data();
  const std::uint64_t left = segments_left_;
  const std::uint64_t current = current_;
  const std::uint64_t ring_mask = ring_mask_;
  // A hit may be followed by another in this segment, so the list may fill anew.
  while (Slot* end = std::exchange(ends[current], nullptr)) {
    // The end of a full block is where the next one would begin.
    Slot* block = is_full(end)
                      ? end - EntryBlocks::entries
                      : end - reinterpret_cast<std::uintptr_t>(end) % block_bytes / sizeof(Slot);
    while (block != nullptr) {
      Slot* const before = block->link;
      if (before != nullptr) __builtin_prefetch(before);
      for (const Slot* slot = block + 1; slot != end; ++slot) {
        const EntryBlocks::Entry entry = slot->entry;
        const WheelStep& step = wheel_steps[entry.state >> state_bits];
        const std::uint32_t byte = entry.state & byte_mask;
        bytes[byte] &= step.mask;
        const std::uint32_t next = byte + entry.quotient * step.gap + step.carry;
        const std::uint64_t ahead = next >> segment_bits;
        const std::uint64_t list = ahead < left ? (current + ahead) & ring_mask : ring_mask + 1;
        Slot* free = ends[list];
        if (is_full(free)) [[unlikely]]
          free = extended(list);
        *free = {.entry = {entry.quotient, (next & in_segment) | step.next << state_bits}};
        ends[list] = free + 1;
      }
      blocks_.give_back(block);
      block = before;
      if (block != nullptr) end = block + EntryBlocks::entries;
    }
  }
  const std::uint64_t segment = std::uint64_t{1} << segment_bits;
  first_byte_ += segment;
  bytes_left_ -= std::min(bytes_left_, segment);
  segments_left_ -= 1;
  current_ = (current_ + 1) & ring_mask_;
}

}  // namespace parlab
