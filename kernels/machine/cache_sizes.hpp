#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace parlab {

/// Bytes of the caches that a core has to itself. Where the system does not tell: what every x86-64
/// server has. Held between bounds in which the kernels' own arithmetic is known to be right.
struct CacheSizes {
  std::uint64_t first_level;
  std::uint64_t second_level;

  static const CacheSizes& of_this_machine() {
    static const CacheSizes sizes = [] {
      const auto told = [](int name, long otherwise) {
        const long bytes = sysconf(name);
        return static_cast<std::uint64_t>(bytes > 0 ? bytes : otherwise);
      };
      constexpr std::uint64_t kib = 1024;
      constexpr long usual_first = 32 * 1024L;
      constexpr long usual_second = 1024 * 1024L;
#ifdef _SC_LEVEL1_DCACHE_SIZE
      const std::uint64_t first = told(_SC_LEVEL1_DCACHE_SIZE, usual_first);
      const std::uint64_t second = told(_SC_LEVEL2_CACHE_SIZE, usual_second);
#else
      const std::uint64_t first = told(-1, usual_first);
      const std::uint64_t second = told(-1, usual_second);
#endif
      return CacheSizes{std::clamp(first, 16 * kib, 256 * kib),
                        std::clamp(second, 256 * kib, 16 * kib * kib)};
    }();
    return sizes;
  }
};

}  // namespace parlab
