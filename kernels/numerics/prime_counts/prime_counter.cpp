#include "kernels/numerics/prime_counts/prime_counter.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/prime_counts/counted_segment.hpp"
#include "kernels/numerics/prime_counts/leaf_sums.hpp"
#include "kernels/numerics/prime_counts/residue_counts.hpp"

namespace parlab {
namespace {

/// The primes up to 13, whose multiples are in tables.
constexpr std::uint64_t tabled = 6;

std::uint64_t integer_cube_root(std::uint64_t n) {
  auto root = static_cast<std::uint64_t>(std::cbrt(static_cast<double>(n)));
  while (root > n / root / root) --root;
  while (root + 1 <= n / (root + 1) / (root + 1)) ++root;
  return root;
}

/// y over the cube root of x: the more, the shorter the sieve, and the more leaves. Fitted to what was
/// fastest at powers of ten on Zen 4.
double best_cut(std::uint64_t x) {
  const double log = std::log(static_cast<double>(std::max<std::uint64_t>(x, 2)));
  return std::max(1.0, 0.00033 * log * log * log);
}

}  // namespace

PrimeCounter::PrimeCounter(std::uint64_t end, double cut) : end_(end) {
  if (end <= shortest) return;
  x_ = end - 1;
  root_ = integer_sqrt(x_);
  const std::uint64_t cube_root = integer_cube_root(x_);
  const std::uint64_t fourth_root = integer_sqrt(root_);
  if (cut == 0) cut = best_cut(x_);
  y_ = std::clamp(static_cast<std::uint64_t>(cut * static_cast<double>(cube_root)), cube_root,
                  root_);
  z_ = x_ / y_;
  table_ = std::make_unique<const PrimeTable>(root_);
  primes_ = {0, 2, 3, 5};
  primes_.resize(4 + table_->count(y_) - 3);
  std::size_t at = primes_.size();
  table_->for_each_downwards(
      5, y_, [&](std::uint64_t prime) { primes_[--at] = static_cast<std::uint32_t>(prime); });
  y_root_count_ = std::max(tabled, table_->count(integer_sqrt(y_)));
  fourth_root_count_ = std::max(tabled, table_->count(fourth_root));
  cube_root_count_ = table_->count(cube_root);
  numbers_ = leaf_numbers(y_, std::span(primes_).subspan(1));
  sieve_ = std::make_unique<const SegmentedSieve>(z_ + 1);
  // The longer the segments, the fewer visits of primes; they should stay in the caches.
  constexpr std::uint64_t min_bytes = 16 << 10;
  constexpr std::uint64_t max_bytes = 256 << 10;
  segment_ = std::clamp(std::bit_floor(integer_sqrt(z_)), min_bytes, max_bytes);
}

std::uint64_t PrimeCounter::shortest_chunk(std::uint64_t end) { return end / 256 + 1; }

double PrimeCounter::table_bytes(std::uint64_t end) {
  const auto x = static_cast<double>(std::max<std::uint64_t>(end, 2));
  const double y = std::min(std::sqrt(x), best_cut(end) * std::cbrt(x));
  const double leaves = y / 5 * sizeof(LeafNumber) + y / std::log(y) * sizeof(std::uint32_t);
  return std::sqrt(x) / 15 + leaves;
}

std::uint64_t PrimeCounter::place(std::uint64_t number) const {
  if (number >= end_) return z_ + 1;
  const double part = static_cast<double>(number) / static_cast<double>(end_);
  const double place = static_cast<double>(z_) * part * part * part;
  return std::min(static_cast<std::uint64_t>(place), z_) / CountedSegment::block_numbers *
         CountedSegment::block_numbers;
}

IndexRange PrimeCounter::share(IndexRange part, std::uint64_t items) const {
  const auto before = [&](std::uint64_t number) {
    if (number >= end_) return items;
    const double of_all = static_cast<double>(number) / static_cast<double>(end_);
    return std::min(items, static_cast<std::uint64_t>(static_cast<double>(items) * of_all));
  };
  return {before(part.begin), before(part.end)};
}

LeafSums PrimeCounter::sums(IndexRange part) const {
  LeafSums sums;
  if (x_ == 0) return sums;
  sums.sum += ordinary_leaves(share(part, numbers_.size()));
  const IndexRange easy = share(part, cube_root_count_ - std::min(y_root_count_, cube_root_count_));
  sums.sum += sum_easy_leaves(x_, primes_, *table_,
                              {y_root_count_ + 1 + easy.begin, y_root_count_ + 1 + easy.end});
  const IndexRange stretch{place(part.begin), place(part.end)};
  if (stretch.begin >= stretch.end) return sums;
  hard_leaves(stretch, sums);
  count_pairs(stretch, sums);
  return sums;
}

std::uint64_t PrimeCounter::ordinary_leaves(IndexRange share) const {
  std::uint64_t sum = 0;
  for (std::uint64_t i = share.begin; i < share.end; ++i) {
    const std::uint64_t left = ResidueCounts::instance().count(x_ / numbers_[i].number);
    sum += numbers_[i].signed_factor > 0 ? left : 0 - left;
  }
  return sum;
}

void PrimeCounter::hard_leaves(IndexRange stretch, LeafSums& sums) const {
  // Leaves x/(p m) in the stretch have p^2 < p m <= x / begin.
  const std::uint64_t max_product = stretch.begin == 0 ? x_ : x_ / stretch.begin;
  std::uint64_t last = fourth_root_count_;
  while (last > tabled && std::uint64_t{primes_[last]} * primes_[last] > max_product) --last;
  sums.used = last + 1;
  if (last <= tabled) return;

  struct State {
    const LeafNumber* at;  // the next number of a leaf, downwards
    std::int64_t period;
    std::uint64_t least;  // numbers of leaves are above
  };
  std::vector<State> states(last + 1);
  for (std::uint64_t b = tabled + 1; b <= last; ++b) {
    const std::uint64_t prime = primes_[b];
    std::uint64_t most = y_;
    State& state = states[b];
    state.least = y_ / prime;
    if (b > y_root_count_) {
      state.least = std::max(state.least, prime);
      most = std::min(most, x_ / prime / prime / prime);  // beyond they are easy
    }
    if (stretch.begin != 0) most = std::min(most, x_ / prime / stretch.begin);
    state.at = std::ranges::upper_bound(numbers_, most, {}, &LeafNumber::number).base() - 1;
    const std::uint64_t first_byte = stretch.begin / 30;
    state.period = -static_cast<std::int64_t>(first_byte % prime);
  }

  CountedSegment segment(segment_);
  for (std::uint64_t begin = stretch.begin; begin < stretch.end; begin += 30 * segment_) {
    const std::uint64_t blocks =
        (std::min(30 * segment_, stretch.end - begin) + CountedSegment::block_numbers - 1) /
        CountedSegment::block_numbers;
    const std::uint64_t end = std::min(begin + blocks * CountedSegment::block_numbers, stretch.end);
    while (last > tabled && begin != 0 && std::uint64_t{primes_[last]} * primes_[last] > x_ / begin)
      --last;
    segment.begin(begin / 30, blocks * CountedSegment::block_bytes);
    for (std::uint64_t b = tabled + 1; b <= last; ++b) {
      State& state = states[b];
      const std::uint64_t dividend = x_ / primes_[b];
      const std::uint64_t above = std::max(dividend / end, state.least);
      LeafSums::OfPrime& of_prime = sums.of_prime[b];
      if (state.at->number > above) {
        segment.rewind();
        HardLeaves leaves{primes_[b], dividend, begin, of_prime.left, state.at, above};
        sum_hard_leaves(leaves, segment);
        state.at = leaves.at;
        of_prime.leaves += leaves.leaves;
        sums.sum += leaves.sum;
      }
      of_prime.left += segment.left();
      if (b < last) segment.cross_off(primes_[b], state.period);
    }
  }
}

void PrimeCounter::count_pairs(IndexRange stretch, LeafSums& sums) const {
  stretch.begin = std::max(stretch.begin, root_);
  if (stretch.begin >= stretch.end) return;
  const Chunking pieces(stretch, 1 << 21);
  std::vector<std::uint64_t> primes;
  for (std::uint64_t piece = 0; piece < pieces.chunks(); ++piece) {
    const IndexRange numbers = pieces[piece];
    primes.resize(most_primes_in(numbers));
    primes.resize(sieve_->list(numbers, primes.data()));
    auto next = primes.begin();  // beyond x / p
    table_->for_each_downwards(
        std::max(y_, x_ / numbers.end), std::min(root_, x_ / numbers.begin),
        [&](std::uint64_t prime) {
          const std::uint64_t n = x_ / prime;
          while (next != primes.end() && *next <= n) ++next;
          sums.pair_counts += sums.primes + static_cast<std::uint64_t>(next - primes.begin());
          ++sums.pairs;
        });
    sums.primes += primes.size();
  }
}

LeafSums PrimeCounter::join(const LeafSums& first, const LeafSums& second) {
  LeafSums all = first;
  all.sum += second.sum;
  all.pair_counts += second.pair_counts + first.primes * second.pairs;
  all.pairs += second.pairs;
  all.primes += second.primes;
  all.used = std::max(first.used, second.used);
  for (std::uint64_t b = 0; b < second.used; ++b) {
    all.sum += first.of_prime[b].left * second.of_prime[b].leaves;
    all.of_prime[b].left += second.of_prime[b].left;
    all.of_prime[b].leaves += second.of_prime[b].leaves;
  }
  return all;
}

std::uint64_t PrimeCounter::count(const LeafSums& all) const {
  if (x_ == 0) return end_ == 0 ? 0 : SegmentedSieve(end_).count({0, end_});
  const std::uint64_t y_count = primes_.size() - 1;
  const std::uint64_t root_count = table_->count(root_);
  // For a prime beyond the cube root only 1 is left at each leaf.
  const std::uint64_t beyond = y_count - std::max(cube_root_count_, y_root_count_);
  const std::uint64_t trivial = beyond * (beyond - (beyond == 0 ? 0 : 1)) / 2;
  const std::uint64_t before = table_->count(root_ - 1);
  const std::uint64_t pair_counts = all.pair_counts + all.pairs * before;
  const std::uint64_t pairs =
      pair_counts - root_count * (root_count - 1) / 2 + y_count * (y_count - 1) / 2;
  return all.sum + trivial + y_count - 1 - pairs;
}

namespace {

const RegisterKernel registered{{
    .name = "prime_count",
    .variant = "combinatorial",
    .what = "how many primes lie below a number, by special leaves (Deleglise, Rivat)",
}};

}  // namespace
}  // namespace parlab
