// parlab's own methods of the tasks, and the list of all methods.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "experiments/options/backend_choice.hpp"
#include "experiments/options/worker_counts.hpp"
#include "experiments/peers/peer_task.hpp"
#include "kernels/backends/backend_registry.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"
#include "kernels/numerics/darts/random_words.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/numerics/histogram/key_counts.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/sieve/sieve.hpp"
#include "kernels/numerics/sparse/sparse_system.hpp"
#include "kernels/parallel/grain.hpp"
#include "kernels/parallel/leaf_counts.hpp"
#include "kernels/parallel/prime_ranges.hpp"

namespace parlab {
namespace {

std::shared_ptr<Backend> kept_backend(int workers) {
  return make_backend(parse_backend(kept_threads("dynamic"), workers));
}

/// Sum of work(chunk) over the range, in one piece where there is one worker.
template <class Work>
PeerRun summed(const PeerInput& input, std::uint64_t grain_step, const Work& work) {
  if (input.workers == 1) return [work, range = input.range] { return work(range); };
  const GrainLimits limits{.min = grain_step, .step = grain_step};
  const std::uint64_t grain = automatic_grain(input.range.size(), input.workers, limits);
  return [=, backend = kept_backend(input.workers), chunking = Chunking(input.range, grain)] {
    return map_reduce(*backend, chunking, std::uint64_t{0}, work, std::plus<>());
  };
}

PeerRun throw_darts(const std::string& variant_name, const PeerInput& input) {
  const auto variants = dart_variants();
  const DartKernel count_inside =
      std::ranges::find(variants, variant_name, &DartVariant::name)->count_inside;
  return summed(input, 1 << 14,
                [=, seed = input.seed](IndexRange darts) { return count_inside(darts, seed); });
}

PeerRun count_primes(const PeerInput& input) {
  // Base primes are a part of the work.
  if (input.workers == 1)
    return [range = input.range] { return SegmentedSieve(range.end).count(range); };
  const PrimeAlgorithm& sieve = prime_algorithm("sieve");
  const std::uint64_t grain =
      automatic_grain(input.range.size(), input.workers, sieve.grain(input.range));
  return [=, &sieve, backend = kept_backend(input.workers), chunks = Chunking(input.range, grain)] {
    return count_primes(*backend, chunks, sieve);
  };
}

/// The tables are a part of the work.
PeerRun count_primes_below(const PeerInput& input) {
  const std::uint64_t grain =
      automatic_grain(input.range.size(), input.workers, leaf_grain(input.range));
  const std::shared_ptr<Backend> backend =
      input.workers == 1 ? make_backend({"serial", "", 1}) : kept_backend(input.workers);
  return [=, chunks = Chunking(input.range, grain)] {
    return count_primes_by_leaves(*backend, chunks);
  };
}

PeerRun list_primes(const PeerInput& input) {
  return [range = input.range, primes = std::vector<std::uint64_t>()]() mutable -> std::uint64_t {
    primes.resize(most_primes_in(range));
    const auto count = SegmentedSieve(range.end).list(range, primes.data());
    return mark_of({primes.data(), static_cast<std::size_t>(count)});
  };
}

/// With a flag that is polled, as in verify_prime.
PeerRun find_factor(const PeerInput& input) {
  const auto found = std::make_shared<std::atomic<bool>>(false);
  return summed(input, 210, [=, n = input.numbers[0]](IndexRange divisors) {
    return smallest_factor_vector(n, divisors,
                                  [&] { return found->load(std::memory_order_relaxed); });
  });
}

template <class Decide>
std::uint64_t sum_of_places(std::span<const std::uint64_t> numbers, const Decide& is_prime) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (is_prime(i)) sum += i + 1;
  return sum;
}

PeerRun decide(const PeerInput& input) {
  return [numbers = input.numbers] {
    return sum_of_places(numbers, [&](std::size_t i) { return is_prime(numbers[i]); });
  };
}

PeerRun decide_in_batch(const PeerInput& input) {
  return [numbers = input.numbers, out = std::vector<std::uint8_t>()]() mutable {
    out.resize(numbers.size());
    are_prime(numbers, out.data());
    return sum_of_places(numbers, [&](std::size_t i) { return out[i] != 0; });
  };
}

PeerRun count_example_keys(const PeerInput& input) {
  const std::uint64_t bins = input.numbers[0];
  std::vector<std::uint32_t> keys;
  for (std::uint64_t i = input.range.begin; i < input.range.end; ++i)
    keys.push_back(example_key(i, bins, KeyChoice::uniform));
  return [keys = std::move(keys), counts = std::vector<std::uint32_t>(bins)]() mutable {
    std::ranges::fill(counts, 0);
    histogram_variant("partials").count(keys.data(), {0, keys.size()}, counts.data());
    return mark_of_counts(counts.data(), counts.size());
  };
}

PeerRun multiply_sparse(const PeerInput& input) {
  const auto system = std::make_shared<SparseSystem>(
      SparseExample{input.range.size(), input.numbers[0], RowLengths::uneven});
  system->fill(input.range);
  return [system] {
    const SparseRows matrix = system->matrix();
    multiply_rows(matrix, system->x(), {0, matrix.rows}, system->y());
    return mark_of_product(system->y(), matrix.rows);
  };
}

PeerRun all_cores(const Task& task, const PeerInput& input) {
  PeerInput more = input;
  more.workers = usable_cores();
  return prepare_own(task, more);
}

PeerRun philox_words(const Task&, const PeerInput& input) {
  return [=] { return xor_of_dart_words(input.range, input.seed); };
}

}  // namespace

PeerRun prepare_own(const Task& task, const PeerInput& input) {
  switch (task.kind) {
    case PeerTask::darts:
    case PeerTask::darts_53:
      return throw_darts(task.own, input);
    case PeerTask::count_primes:
      return count_primes(input);
    case PeerTask::count_primes_below:
      return count_primes_below(input);
    case PeerTask::list_primes:
      return list_primes(input);
    case PeerTask::find_factor:
      return find_factor(input);
    case PeerTask::count_keys:
      return count_example_keys(input);
    case PeerTask::sparse_product:
      return multiply_sparse(input);
    case PeerTask::decide:
      break;
  }
  return task.own == "batch" ? decide_in_batch(input) : decide(input);
}

std::vector<Method> methods_of(const Task& task) {
  std::vector<Method> methods = {{"parlab", Part::own, "parlab", true, prepare_own}};
  if (task.own == "simd")
    methods.push_back({"philox_words", Part::bound, "parlab", true, philox_words});
  const bool has_scaling_goal =
      std::ranges::find(task.goals, "all_cores", &Goal::method) != task.goals.end();
  if (has_scaling_goal && usable_cores() > 1)
    methods.push_back({"all_cores", Part::scaling, "parlab", true, all_cores});
  for (const Peer& peer : peers()) {
    for (const PeerMethod& method : peer.methods) {
      if (method.task != task.kind ||
          (task.workers > 1 && !method.uses_workers && task.own != "vector"))
        continue;
      // Another task shows all that throw darts.
      if (task.own.starts_with("ars") &&
          std::ranges::find(task.goals, method.name, &Goal::method) == task.goals.end())
        continue;
      const PeerState state = peer.look();
      if (state.version.empty()) continue;
      methods.push_back({method.name, Part::peer, fmt::format("{} {}", peer.name, state.version),
                         method.same_stream && task.own == "simd", nullptr, method.prepare,
                         method.slow});
    }
  }
  return methods;
}

}  // namespace parlab
