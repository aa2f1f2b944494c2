// A flag that is polled amid work, and a lock that nobody else wants.

#include <memory>

#include "experiments/sharing/overhead/bare_calls.hpp"
#include "experiments/sharing/overhead/overhead_task.hpp"
#include "kernels/numerics/factors/polled_division.hpp"
#include "kernels/sharing/stop_flags.hpp"
#include "kernels/sharing/sync/lock.hpp"

namespace parlab {
namespace {

/// As often as the book's fastest programs look.
constexpr std::uint64_t divisions_per_poll = 500;

/// The product of two primes, so that the answer tells that the search went all the way to the
/// smaller one: as much work as a prime of which all odd divisors up to there are tried.
constexpr std::uint64_t smaller_prime = 9'999'991;
constexpr std::uint64_t number = smaller_prime * 10'000'000'019;
constexpr IndexRange divisors{3, smaller_prime + 1};
constexpr std::uint64_t divisions = (smaller_prime - 1) / 2;

constexpr std::uint64_t increments = 1'000'000;  // 10 to 20 ms

/// Each read of the count is one of memory, as in a count that others see.
template <class Mutex>
OpenedArm count_under(std::shared_ptr<Mutex> mutex) {
  return OpenedArm([mutex]() -> Answer {
    volatile std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < increments; ++i) {
      mutex->lock();
      count = count + 1;
      mutex->unlock();
    }
    return std::uint64_t{count};
  });
}

OverheadMethod plain_mutex(const std::string& name, std::optional<double> goal,
                           PlainMutex::Kind kind) {
  return bare_method(name, goal, [kind](const RedisAddress&) {
    return count_under(std::make_shared<PlainMutex>(kind));
  });
}

}  // namespace

std::vector<OverheadTask> flag_poll_tasks() {
  return {{.family = "flag_poll",
           .name = "flag_poll",
           .title = "trial division that polls a RawValue flag every 500 divisions",
           .size = divisions,
           .unit = "divisions",
           .expected = smaller_prime,
           .bound = "A poll is a relaxed load of a byte that stays in the first-level cache, and a "
                    "counter: both hide behind the division.",
           .methods = {own_method([](const RedisAddress&) {
                         const auto flag = std::make_shared<RawValueFlag>();
                         return OpenedArm([flag]() -> Answer {
                           return factor_by_counting(number, divisors, divisions_per_poll,
                                                     [&] { return flag->is_set(); });
                         });
                       }),
                       bare_method("without_a_flag", 1.02, [](const RedisAddress&) {
                         return OpenedArm(
                             []() -> Answer { return factor_in_block(number, divisors); });
                       })}}};
}

std::vector<OverheadTask> lock_tasks() {
  return {
      {.family = "robust_lock",
       .name = "robust_lock",
       .title = "increments under a Lock that nobody else wants",
       .size = increments,
       .unit = "increments",
       .expected = increments,
       .bound = "An atomic exchange to take the mutex, one to give it back; a robust one is "
                "entered into a list of its thread's, too. A mutex of one process that has one "
                "thread needs neither: it is not a lock between processes.",
       .methods = {
           own_method([](const RedisAddress&) { return count_under(std::make_shared<Lock>()); }),
           plain_mutex("pthread_mutex_of_processes", 1.2, PlainMutex::Kind::processes),
           plain_mutex("pthread_mutex_robust", std::nullopt, PlainMutex::Kind::robust),
           plain_mutex("pthread_mutex_of_one_thread", std::nullopt, PlainMutex::Kind::threads)}}};
}

}  // namespace parlab
