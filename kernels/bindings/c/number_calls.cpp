// Calls whose answers are numbers: darts, primes, factors.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/bindings/c/array_checks.hpp"
#include "kernels/bindings/c/call.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/numerics/factors/trial_division.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/sieve/sieve.hpp"

namespace parlab {
namespace {

const DartVariant& dart_variant(std::string_view name) {
  // Kept: to copy and sort them takes ten times what a call from Python costs otherwise.
  static const std::vector<DartVariant> variants = dart_variants();
  std::vector<std::string> names;
  if (const auto found = std::ranges::find(variants, name, &DartVariant::name);
      found != variants.end())
    return *found;
  for (const DartVariant& variant : variants) names.push_back(variant.name);
  throw UsageError(unknown_name("variant", std::string(name), names));
}

FactorSearch factor_search(const std::string& name) {
  std::vector<std::string> names;
  for (const FactorSearchVariant& variant : factor_searches) {
    if (variant.name == name) return variant.smallest_factor;
    names.emplace_back(variant.name);
  }
  throw UsageError(unknown_name("variant", name, names));
}

IndexRange checked_range(std::uint64_t from, std::uint64_t to) {
  if (from > to) throw UsageError(fmt::format("from {} is above to {}: swap them", from, to));
  return {from, to};
}

std::uint64_t count_primes(parlab_backend& handle, Backend& backend, IndexRange range,
                           const std::string& algorithm, std::uint64_t grain) {
  if (algorithm == "trial") {
    // Some 10 ms: a number costs a sixtieth of its root in divisions, as one in 30 or 40 is prime.
    const std::uint64_t most =
        std::clamp<std::uint64_t>(300'000'000 / (integer_sqrt(range.end) + 1), 1, 1 << 16);
    const Chunking chunking(
        range, handle.grain_for(grain, range.size(), std::min<std::uint64_t>(32, most), most));
    return map_reduce(
        backend, chunking, std::uint64_t{0},
        [&](IndexRange part) {
          handle.check();
          return count_primes_by_trial(part);
        },
        std::plus<>());
  }
  if (algorithm != "sieve")
    throw UsageError(unknown_name("algorithm", algorithm, {"sieve", "trial"}));
  const SegmentedSieve sieve(range.end);
  const Chunking chunking(range, handle.grain_for(grain, range.size(), 1 << 18, 1 << 26));
  return map_reduce(
      backend, chunking, std::uint64_t{0},
      [&](IndexRange part) {
        handle.check();
        return sieve.count(part);
      },
      std::plus<>());
}

/// Each chunk lists into memory of its own, wide enough for any; then the lists are put in order.
std::uint64_t list_primes(parlab_backend& handle, Backend& backend, IndexRange range,
                          std::uint64_t grain, std::uint64_t* out) {
  const SegmentedSieve sieve(range.end);
  const Chunking chunking(range, handle.grain_for(grain, range.size(), 1 << 18, 1 << 26));
  std::vector<std::uint64_t> places = {0};
  for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk)
    places.push_back(places.back() + most_primes_in(chunking[chunk]));
  const SharedMapping memory(places.back() * sizeof(std::uint64_t));
  auto* lists = reinterpret_cast<std::uint64_t*>(memory.data());
  const auto counts = backend.map_chunks(chunking, [&](IndexRange part) {
    handle.check();
    return sieve.list(part, lists + places[(part.begin - range.begin) / chunking.grain()]);
  });
  std::uint64_t count = 0;
  for (std::uint64_t chunk = 0; chunk < counts.size(); ++chunk) {
    std::copy_n(lists + places[chunk], counts[chunk], out + count);
    count += counts[chunk];
  }
  return count;
}

/// The lowest factor: chunks are searched in any order, and one that begins above a factor found is
/// left out. The least so far lies in shared memory, for workers that are processes.
std::uint64_t smallest_factor(parlab_backend& handle, Backend& backend, FactorSearch search,
                              std::uint64_t n, std::uint64_t grain) {
  if (n < 2) throw UsageError(fmt::format("n is {}: the smallest divisor above 1 needs n >= 2", n));
  const IndexRange divisors{2, std::max<std::uint64_t>(integer_sqrt(n) + 1, 2)};
  const SharedMapping memory(sizeof(std::atomic<std::uint64_t>));
  auto& least = *new (memory.data()) std::atomic<std::uint64_t>(n);
  const Chunking chunking(divisors,
                          handle.grain_for(grain, divisors.size(), 4 * divisors_per_poll, 1 << 28));
  backend.for_chunks(chunking, [&](IndexRange part) {
    const auto lower_known = [&] {
      return least.load(std::memory_order_relaxed) < part.begin ||
             handle.interrupted().load(std::memory_order_relaxed);
    };
    handle.check();
    const std::uint64_t factor = search(n, part, lower_known);
    if (factor == 0) return;
    std::uint64_t known = least.load();
    while (factor < known && !least.compare_exchange_weak(known, factor)) {
    }
  });
  handle.check();
  return least.load();
}

void test_batch(parlab_backend& handle, Backend& backend, const parlab_array& numbers,
                const parlab_array& out, std::uint64_t grain) {
  const auto size = static_cast<std::uint64_t>(numbers.shape[0]);
  const auto* from = static_cast<const std::uint64_t*>(numbers.data);
  const bool staged = handle.forks() && out.shared == 0;
  std::optional<SharedMapping> stage;  // only where it is needed: to map memory is a system call
  if (staged) stage.emplace(size);
  auto* to = staged ? reinterpret_cast<std::uint8_t*>(stage->data())
                    : static_cast<std::uint8_t*>(out.data);
  backend.for_chunks(Chunking({0, size}, handle.grain_for(grain, size, 1 << 10, 1 << 16)),
                     [&](IndexRange part) {
                       handle.check();
                       are_prime(std::span(from + part.begin, part.size()), to + part.begin);
                     });
  if (staged && size != 0) std::memcpy(out.data, to, size);
}

}  // namespace
}  // namespace parlab

using parlab::guarded;
using parlab::required;

extern "C" {

parlab_status parlab_pi(parlab_backend* backend, uint64_t darts, uint64_t seed, const char* variant,
                        uint64_t grain, uint64_t* inside) {
  return guarded([&] {
    parlab_backend& handle = required(backend, "backend");
    const parlab::DartVariant& kernel = parlab::dart_variant(variant == nullptr ? "simd" : variant);
    if (!kernel.splittable && handle.workers() != 1)
      throw parlab::UsageError("variant '" + kernel.name +
                               "' is one sequence and cannot be split: use backend serial");
    required(inside, "inside");
    handle.run([&](parlab::Backend& who) {
      const std::uint64_t whole = std::max<std::uint64_t>(darts, 1);
      const std::uint64_t size =
          kernel.splittable ? handle.grain_for(grain, darts, 1 << 14, 1 << 23) : whole;
      *inside = parlab::map_reduce(
          who, parlab::Chunking({0, darts}, size), std::uint64_t{0},
          [&](parlab::IndexRange part) {
            handle.check();
            return kernel.count_inside(part, seed);
          },
          std::plus<>());
    });
  });
}

parlab_status parlab_count_primes(parlab_backend* backend, uint64_t from, uint64_t to,
                                  const char* algorithm, uint64_t grain, uint64_t* count) {
  return guarded([&] {
    const parlab::IndexRange range = parlab::checked_range(from, to);
    required(count, "count");
    required(backend, "backend").run([&](parlab::Backend& who) {
      *count = parlab::count_primes(*backend, who, range,
                                    algorithm == nullptr ? "sieve" : algorithm, grain);
    });
  });
}

parlab_status parlab_most_primes(uint64_t from, uint64_t to, uint64_t* most) {
  return guarded(
      [&] { required(most, "most") = parlab::most_primes_in(parlab::checked_range(from, to)); });
}

parlab_status parlab_list_primes(parlab_backend* backend, uint64_t from, uint64_t to,
                                 uint64_t grain, const parlab_array* primes, uint64_t* count) {
  return guarded([&] {
    const parlab::IndexRange range = parlab::checked_range(from, to);
    const parlab_array& out = required(primes, "primes");
    required(count, "count");
    parlab::check_array(out, "primes", PARLAB_UINT64, 1, parlab::Access::writes);
    const std::uint64_t most = parlab::most_primes_in(range);
    if (static_cast<std::uint64_t>(out.shape[0]) < most)
      throw parlab::UsageError(fmt::format(
          "primes has room for {}, not for the {} that there may be", out.shape[0], most));
    required(backend, "backend").run([&](parlab::Backend& who) {
      *count =
          parlab::list_primes(*backend, who, range, grain, static_cast<std::uint64_t*>(out.data));
    });
  });
}

parlab_status parlab_is_prime(parlab_backend* backend, const parlab_array* numbers,
                              const parlab_array* out, uint64_t grain) {
  return guarded([&] {
    const parlab_array& from = required(numbers, "numbers");
    const parlab_array& to = required(out, "out");
    parlab::check_array(from, "numbers", PARLAB_UINT64, 1, parlab::Access::reads);
    parlab::check_array(to, "out", PARLAB_UINT8, 1, parlab::Access::writes);
    if (from.shape[0] != to.shape[0])
      throw parlab::UsageError(fmt::format("out has {} elements for {} numbers: give as many",
                                           to.shape[0], from.shape[0]));
    parlab::check_apart(from, "numbers", to, "out");
    required(backend, "backend").run([&](parlab::Backend& who) {
      parlab::test_batch(*backend, who, from, to, grain);
    });
  });
}

parlab_status parlab_smallest_factor(parlab_backend* backend, uint64_t n, const char* variant,
                                     uint64_t grain, uint64_t* factor) {
  return guarded([&] {
    required(factor, "factor");
    const auto search = parlab::factor_search(variant == nullptr ? "vector" : variant);
    required(backend, "backend").run([&](parlab::Backend& who) {
      *factor = parlab::smallest_factor(*backend, who, search, n, grain);
    });
  });
}
}
