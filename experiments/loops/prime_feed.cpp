#include "experiments/loops/prime_feed.hpp"

#include <limits>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/base/registry.hpp"
#include "kernels/numerics/factors/trial_division.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/pool/pool.hpp"
#include "kernels/sharing/queues/queue.hpp"

namespace parlab {
namespace {

/// Ends a worker, and is what a worker answers when it has: no number of a range [from, to).
constexpr std::uint64_t pill = std::numeric_limits<std::uint64_t>::max();

void feed_numbers(const PrimeFeed& feed, IndexRange range, int workers,
                  Queue<std::uint64_t>& numbers) {
  // 2 is the even prime.
  if (feed.odd_only && range.begin <= 2 && range.end > 2) numbers.put(2);
  const std::uint64_t step = feed.odd_only ? 2 : 1;
  std::uint64_t n = feed.odd_only ? range.begin | 1 : range.begin;
  for (; n < range.end; n += step) {
    numbers.put(n);
    if (range.end - n <= step) break;  // n + step might be beyond 2^64
  }
  for (int worker = 0; worker < workers; ++worker) numbers.put(pill);
}

void test_numbers(Queue<std::uint64_t>& numbers, Queue<std::uint64_t>& primes) {
  for (std::uint64_t n = 0; (n = numbers.get()) != pill;)
    if (is_prime_by_trial(n)) primes.put(n);
  primes.put(pill);
}

/// Numbers to a chunk of a stream.
constexpr std::size_t imap_chunk = 1000;

std::uint64_t count_by_pool(const PrimeFeed& feed, IndexRange range, int workers) {
  const auto test = [](std::uint64_t n) -> std::uint8_t { return is_prime_by_trial(n) ? 1 : 0; };
  Pool pool(workers);
  std::vector<std::uint64_t> numbers(range.size());
  std::iota(numbers.begin(), numbers.end(), range.begin);
  std::uint64_t count = 0;
  if (feed.kind == PrimeFeed::Kind::map) {
    for (const std::uint8_t prime : pool.map(test, numbers)) count += prime;
  } else {
    for (const std::uint8_t prime : pool.imap(test, numbers, imap_chunk)) count += prime;
  }
  return count;
}

}  // namespace

const PrimeFeed* prime_feed_named(const std::string& name) { return find_entry(prime_feeds, name); }

std::uint64_t count_primes_fed(const PrimeFeed& feed, IndexRange range, int workers) {
  if (feed.kind != PrimeFeed::Kind::queues) return count_by_pool(feed, range, workers);
  const std::uint64_t capacity =
      feed.capacity != 0 ? feed.capacity : range.size() + static_cast<std::uint64_t>(workers) + 1;
  Queue<std::uint64_t> numbers(capacity);
  Queue<std::uint64_t> primes(capacity);
  std::vector<ChildProcess> children;
  children.reserve(workers);
  for (int worker = 0; worker < workers; ++worker)
    children.push_back(ChildProcess::fork([&] { test_numbers(numbers, primes); }));
  std::jthread feeder;  // after the forks: a child would not have it
  if (feed.feeder)
    feeder = std::jthread([&] { feed_numbers(feed, range, workers, numbers); });
  else
    feed_numbers(feed, range, workers, numbers);
  std::uint64_t count = 0;
  for (int ended = 0; ended < workers;) {
    if (primes.get() == pill)
      ++ended;
    else
      ++count;
  }
  for (ChildProcess& child : children)
    if (const ExitStatus status = child.wait(); !status.success())
      throw std::runtime_error("a worker ended: " + status.describe());
  return count;
}

}  // namespace parlab
