#pragma once

// The program by which `parlab run own --check` looks for data races: two threads compute the chunks
// of each kernel in turns, under the thread sanitizer. This text stands behind kernel_calls.hpp.

#include <atomic>
#include <cstdio>
#include <thread>

#include "experiments/own_kernel/inside/kernel_calls.hpp"

namespace parlab::own {

/// Chunks in all: enough that each thread meets both neighbours of its own.
inline constexpr std::uint64_t check_chunks = 64;

inline void compute_on_two_threads(const Table& table, const Variant& variant) {
  const bool grid = table.rows > 0;
  const std::uint64_t size = grid ? table.whole_rows : table.whole_size;
  const std::uint64_t chunks = std::min(check_chunks, size);
  const std::size_t words = variant.partial_bytes / sizeof(std::max_align_t) + 1;
  std::atomic<int> ready{0};
  const auto work = [&](std::uint64_t first) {
    std::vector<std::max_align_t> partial(words);
    const std::uint64_t none = ~std::uint64_t{0};
    ++ready;
    while (ready < 2) std::this_thread::yield();
    for (std::uint64_t chunk = first; chunk < chunks; chunk += 2) {
      const std::uint64_t begin = size / chunks * chunk + std::min(chunk, size % chunks);
      const std::uint64_t end = begin + size / chunks + (chunk < size % chunks ? 1 : 0);
      variant.part({begin, end, 0, table.whole_columns}, {&none, begin}, partial.data());
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
}

}  // namespace parlab::own

/// On stderr "parlab: kernel_NAME" before each, so that a report behind it is that kernel's.
int main() {
  parlab::own::Table table;
  parlab_own_table(&table);
  if (table.prepare_once != nullptr) table.prepare_once();
  for (std::size_t i = 0; i < table.variant_count; ++i) {
    if (table.variants[i].part == nullptr) continue;
    if (table.prepare != nullptr) table.prepare();
    parlab_own_table(&table);
    std::fprintf(stderr, "parlab: %s\n", table.variants[i].name);
    parlab::own::compute_on_two_threads(table, table.variants[i]);
  }
}
