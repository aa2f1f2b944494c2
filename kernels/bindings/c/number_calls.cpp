// Calls whose answers are numbers: darts, primes, factors.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "kernels/base/errors.hpp"
#include "kernels/bindings/c/array_checks.hpp"
#include "kernels/bindings/c/call.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/parallel/darts.hpp"
#include "kernels/parallel/factor_ranges.hpp"
#include "kernels/parallel/prime_ranges.hpp"

namespace parlab {
namespace {

IndexRange checked_range(std::uint64_t from, std::uint64_t to) {
  if (from > to) throw UsageError(fmt::format("from {} is above to {}: swap them", from, to));
  return {from, to};
}

Chunking chunks_of(const parlab_backend& handle, IndexRange range, const PrimeAlgorithm& algorithm,
                   std::uint64_t grain) {
  return {range, handle.grain_for(grain, range.size(), algorithm.grain(range))};
}

/// Numbers: some 10 us and some milliseconds.
constexpr GrainLimits batch_grain{.min = 1 << 10, .max = 1 << 16};

void test_batch(parlab_backend& handle, Backend& backend, const parlab_array& numbers,
                const parlab_array& out, std::uint64_t grain) {
  const auto size = static_cast<std::uint64_t>(numbers.shape[0]);
  const auto* from = static_cast<const std::uint64_t*>(numbers.data);
  const bool staged = handle.forks() && out.shared == 0;
  std::optional<SharedMapping> stage;  // only where it is needed: to map memory is a system call
  if (staged) stage.emplace(size);
  auto* to = staged ? reinterpret_cast<std::uint8_t*>(stage->data())
                    : static_cast<std::uint8_t*>(out.data);
  backend.for_chunks(Chunking({0, size}, handle.grain_for(grain, size, batch_grain)),
                     [&](IndexRange part) {
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
      const std::uint64_t size = kernel.splittable
                                     ? handle.grain_for(grain, darts, parlab::dart_grain)
                                     : std::max<std::uint64_t>(darts, 1);
      *inside =
          parlab::count_darts(who, parlab::Chunking({0, darts}, size), kernel.count_inside, seed);
    });
  });
}

parlab_status parlab_count_primes(parlab_backend* backend, uint64_t from, uint64_t to,
                                  const char* algorithm, uint64_t grain, uint64_t* count) {
  return guarded([&] {
    const parlab::IndexRange range = parlab::checked_range(from, to);
    required(count, "count");
    const parlab::PrimeAlgorithm& how =
        parlab::prime_algorithm(algorithm == nullptr ? "sieve" : algorithm);
    required(backend, "backend").run([&](parlab::Backend& who) {
      *count = parlab::count_primes(who, parlab::chunks_of(*backend, range, how, grain), how);
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
    const parlab::PrimeAlgorithm& how = parlab::prime_algorithm("sieve");
    required(backend, "backend").run([&](parlab::Backend& who) {
      *count = parlab::list_primes(who, parlab::chunks_of(*backend, range, how, grain), how,
                                   static_cast<std::uint64_t*>(out.data));
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
    parlab_backend& handle = required(backend, "backend");
    if (n < 2)
      throw parlab::UsageError(
          fmt::format("n is {}: the smallest divisor above 1 needs n >= 2", n));
    handle.run([&](parlab::Backend& who) {
      const parlab::IndexRange divisors = parlab::divisors_of(n);
      const std::uint64_t size = handle.grain_for(grain, divisors.size(), parlab::factor_grain);
      *factor = parlab::smallest_factor(who, parlab::Chunking(divisors, size), search, n, [&] {
        return handle.interrupted().load(std::memory_order_relaxed);
      });
      handle.check();
    });
  });
}
}
