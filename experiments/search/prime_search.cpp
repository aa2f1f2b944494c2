#include "experiments/search/prime_search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "kernels/backends/search/cancellable_search.hpp"
#include "kernels/backends/search/search.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/numerics/factors/polled_division.hpp"
#include "kernels/parallel/factor_ranges.hpp"
#include "kernels/sharing/stop_flags.hpp"

namespace parlab {
namespace {

/// Nobody is told: each worker goes through all of its part.
struct NoFlag {
  void set() {}
  void clear() {}
  bool is_set() const { return false; }
};

/// The book's "less naive" program tries these before it starts any worker.
constexpr std::uint64_t first_not_small = 21;

/// The work of one chunk.
class Division {
 public:
  explicit Division(const PrimeSearch& search)
      : number_(search.number),
        divisors_(divisors_of(search.number)),
        per_poll_(search.divisions_per_poll),
        block_(2 * search.divisions_per_poll),
        naive_(search.algorithm == "naive"),
        counting_(naive_ && search.flag != "mmap_redux" && search.flag != "cancel"),
        smallest_factor_(factor_search(search.algorithm)) {}

  IndexRange divisors() const { return divisors_; }
  std::uint64_t block() const { return block_; }

  std::uint64_t search_block(IndexRange range) const {
    return naive_ ? factor_in_block(number_, range)
                  : smallest_factor_(number_, range, [] { return false; });
  }
  template <class Stop>
  std::uint64_t search(IndexRange range, const Stop& stop) const {
    if (counting_) return factor_by_counting(number_, range, per_poll_, stop);
    return factor_by_blocks(
        range, block_, [this](IndexRange part) { return search_block(part); }, stop);
  }
  /// Blocks worker, worker + workers, ...
  template <class Stop>
  std::uint64_t search_strided(std::uint64_t worker, std::uint64_t workers,
                               const Stop& stop) const {
    const Chunking blocks(divisors_, block_);
    for (std::uint64_t i = worker; i < blocks.chunks(); i += workers) {
      if (const std::uint64_t factor = search_block(blocks[i])) return factor;
      if (stop()) return 0;
    }
    return 0;
  }

 private:
  std::uint64_t number_;
  IndexRange divisors_;
  std::uint64_t per_poll_;
  std::uint64_t block_;  // divisors between two polls, of which every second is tried
  bool naive_;
  bool counting_;
  FactorSearch smallest_factor_;
};

/// A hit as the searches of kernels/backends/search/search.hpp tell it.
std::uint64_t as_hit(std::uint64_t factor) { return factor == 0 ? not_found : factor; }
std::uint64_t as_factor(std::uint64_t hit) { return hit == not_found ? 0 : hit; }

Chunking chunks_of(const PrimeSearch& search, int workers) {
  const IndexRange divisors = divisors_of(search.number);
  if (search.split == "dynamic") return {divisors, search.grain};
  const auto parts = static_cast<std::uint64_t>(workers);
  return {divisors, std::max<std::uint64_t>((divisors.size() + parts - 1) / parts, 1)};
}

template <class Flag>
std::function<std::uint64_t()> search_any(const PrimeSearch& search, std::shared_ptr<Flag> flag) {
  const std::shared_ptr<Backend> backend = make_backend(search.executor);
  const Division division(search);
  const auto stop_of = [](Flag& found) { return [&found] { return found.is_set(); }; };
  if (search.split == "strided") {
    const auto workers = static_cast<std::uint64_t>(search.executor.workers);
    return [=] {
      flag->clear();
      return as_factor(
          find_any(*backend, Chunking({0, workers}, 1), *flag, [&](IndexRange worker, Flag& found) {
            return as_hit(division.search_strided(worker.begin, workers, stop_of(found)));
          }));
    };
  }
  const Chunking chunks = chunks_of(search, search.executor.workers);
  return [=] {
    flag->clear();
    return as_factor(find_any(*backend, chunks, *flag, [&](IndexRange divisors, Flag& found) {
      return as_hit(division.search(divisors, stop_of(found)));
    }));
  };
}

std::function<std::uint64_t()> search_first(const PrimeSearch& search) {
  const std::shared_ptr<Backend> backend = make_backend(search.executor);
  const auto lowest = std::make_shared<SharedMinimum>();
  const Chunking chunks = chunks_of(search, search.executor.workers);
  const Division division(search);
  return [=] {
    lowest->clear();
    return as_factor(
        find_first(*backend, chunks, *lowest, [&](IndexRange divisors, const SharedMinimum& low) {
          return as_hit(division.search(divisors, [&] { return low.get() < divisors.begin; }));
        }));
  };
}

std::function<std::uint64_t()> search_cancelling(const PrimeSearch& search) {
  const CancellableSearch cancellable = cancellable_search(search.executor.backend);
  const Division division(search);
  if (search.executor.backend == "serial")
    return [=] { return division.search(division.divisors(), [] { return false; }); };
  if (cancellable == nullptr)
    throw UsageError(fmt::format("{} has no cancellation; use --flag cancel with {}",
                                 search.executor.backend,
                                 fmt::join(cancellable_backends(), " or ")));
  const Chunking chunks = chunks_of(search, search.executor.workers);
  const int workers = search.executor.workers;
  return [=] {
    return cancellable(workers, chunks, division.block(),
                       [&](IndexRange block) { return division.search_block(block); });
  };
}

}  // namespace

std::function<std::uint64_t()> PrimeSearch::open(const RedisAddress& redis,
                                                 bool redis_fallback) const {
  if (first) return search_first(*this);
  if (flag == "cancel") return search_cancelling(*this);
  if (flag == "atomic") return search_any(*this, std::make_shared<AtomicFlag>());
  if (flag == "raw_value") return search_any(*this, std::make_shared<RawValueFlag>());
  if (flag == "mmap" || flag == "mmap_redux")
    return search_any(*this, std::make_shared<MmapFlag>());
  if (flag == "manager") {
    const auto manager = std::make_shared<Manager>();
    const auto search = search_any(*this, std::make_shared<ManagerFlag>(*manager));
    return [=] {
      (void)manager;  // lives as long as this does
      return search();
    };
  }
  if (flag == "redis")
    return search_any(
        *this, std::make_shared<RedisFlag>(
                   redis, fmt::format("parlab:{}:found", getpid()),
                   redis_fallback ? RedisFlag::WhenGone::keep_local : RedisFlag::WhenGone::fail));
  const auto search = search_any(*this, std::make_shared<NoFlag>());
  if (flag == "none") return search;
  const Division division(*this);
  const IndexRange all = divisors_of(number);
  const IndexRange small{all.begin, std::min(all.end, first_not_small)};
  return [=] {
    const std::uint64_t factor = division.search_block(small);
    return factor != 0 ? factor : search();
  };
}

}  // namespace parlab
