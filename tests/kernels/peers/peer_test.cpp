#include "kernels/peers/peer.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/numerics/darts/monte_carlo.hpp"
#include "kernels/numerics/histogram/key_counts.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/sieve/textbook_sieve.hpp"
#include "kernels/numerics/sparse/sparse_system.hpp"
#include "kernels/posix/process/python_process.hpp"

namespace parlab {
namespace {

/// Methods of one task, of the peers that can be used here. Never empty for C++'s own.
std::vector<PeerMethod> methods_of(PeerTask task) {
  std::vector<PeerMethod> methods;
  for (const Peer& peer : peers()) {
    if (peer.look().version.empty()) continue;
    for (const PeerMethod& method : peer.methods)
      if (method.task == task) methods.push_back(method);
  }
  return methods;
}

TEST(Peers, SayTheirVersionOrWhatIsMissing) {
  std::vector<std::string> names;
  for (const Peer& peer : peers()) {
    names.push_back(peer.name);
    const PeerState state = peer.look();
    EXPECT_NE(state.version.empty(), state.why.empty()) << peer.name;
    if (!state.why.empty()) {
      EXPECT_THAT(state.why, testing::HasSubstr("install")) << peer.name;
    }
  }
  EXPECT_THAT(names,
              testing::IsSupersetOf({"C++", "Eigen", "FLINT", "GMP", "Random123", "numba", "numpy",
                                     "primecount", "primesieve", "python", "rayon"}));
  EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST(Peers, CountDartsThatArePi) {
  constexpr std::uint64_t darts = 100'000;
  constexpr double p = std::numbers::pi / 4;
  const auto variants = dart_variants();
  const auto own = std::ranges::find(variants, "scalar", &DartVariant::name);
  for (const PeerTask task : {PeerTask::darts, PeerTask::darts_53}) {
    ASSERT_FALSE(methods_of(task).empty());
    for (const PeerMethod& method : methods_of(task)) {
      const PeerRun run = method.prepare({.range = {0, darts}, .seed = 5});
      const auto inside = static_cast<double>(run());
      EXPECT_NEAR(inside, darts * p, 5 * std::sqrt(darts * p * (1 - p))) << method.name;
      EXPECT_EQ(run(), static_cast<std::uint64_t>(inside)) << method.name << " a second time";
      if (!method.same_stream) continue;
      for (const IndexRange range : {IndexRange{0, darts}, {1, 1000}, {7, 8}, {3, 3}})
        EXPECT_EQ(method.prepare({.range = range, .seed = 5})(), own->count_inside(range, 5));
    }
  }
}

TEST(Peers, FindThePrimesOfARange) {
  for (const IndexRange range :
       {IndexRange{0, 0}, {0, 2}, {2, 3}, {3, 4}, {10, 30}, {0, 100'000}}) {
    std::vector<std::uint64_t> primes;
    for_each_prime_by_textbook(range, [&](std::uint64_t prime) { primes.push_back(prime); });
    for (const PeerMethod& method : methods_of(PeerTask::count_primes))
      EXPECT_EQ(method.prepare({.range = range, .workers = 2})(), primes.size())
          << method.name << range.end;
    for (const PeerMethod& method : methods_of(PeerTask::list_primes))
      EXPECT_EQ(method.prepare({.range = range})(), mark_of(primes)) << method.name << range.end;
  }
}

TEST(Peers, FindThePrimesOfAHighRange) {
  for (const IndexRange range : {IndexRange{10'000'000'000, 10'000'200'000},
                                 {999'999'999'989, 1'000'000'000'001},
                                 {1'000'000'000'000, 1'000'000'000'001}}) {
    std::uint64_t primes = 0;
    for (std::uint64_t n = range.begin; n < range.end; ++n) primes += is_prime(n) ? 1 : 0;
    for (const PeerMethod& method : methods_of(PeerTask::count_primes)) {
      if (method.slow && method.name != "rayon_sieve") continue;
      EXPECT_EQ(method.prepare({.range = range, .workers = 2})(), primes) << method.name;
    }
  }
}

TEST(Peers, CountPrimesWithoutFindingThem) {
  for (const std::uint64_t end : {0u, 1u, 2u, 3u, 4u, 29u, 30u, 100'000u}) {
    std::uint64_t primes = 0;
    for_each_prime_by_textbook({0, end}, [&](std::uint64_t) { ++primes; });
    for (const PeerMethod& method : methods_of(PeerTask::count_primes_below))
      EXPECT_EQ(method.prepare({.range = {0, end}, .workers = 2})(), primes) << method.name << end;
  }
}

TEST(Peers, CountKeysAndMultiplyAsParlabDoes) {
  for (const std::uint64_t keys : {1000u, 0u, 70'000u}) {
    const std::vector<std::uint64_t> bins = {300};
    std::vector<std::uint32_t> counts(bins[0]);
    for (std::uint64_t i = 0; i < keys; ++i) ++counts[example_key(i, bins[0], KeyChoice::uniform)];
    for (const PeerMethod& method : methods_of(PeerTask::count_keys)) {
      const PeerRun run = method.prepare({.range = {0, keys}, .numbers = bins});
      EXPECT_EQ(run(), mark_of_counts(counts.data(), bins[0])) << method.name << keys;
      EXPECT_EQ(run(), mark_of_counts(counts.data(), bins[0])) << method.name << " a second time";
    }
  }
  for (const std::uint64_t rows : {9u, 1000u}) {
    const std::vector<std::uint64_t> per_row = {9};
    const SparseExample example{rows, per_row[0], RowLengths::uneven};
    const SparseSystem system(example);
    system.fill({0, rows});
    multiply_rows(system.matrix(), system.x(), {0, rows}, system.y());
    EXPECT_EQ(mark_of_product(system.y(), rows), mark_in_whole_numbers(example));
    for (const PeerMethod& method : methods_of(PeerTask::sparse_product))
      EXPECT_EQ(method.prepare({.range = {0, rows}, .numbers = per_row})(),
                mark_in_whole_numbers(example))
          << method.name << rows;
  }
}

TEST(Peers, MarkListsApart) {
  std::vector<std::uint64_t> primes(1000);
  for (std::size_t i = 0; i < primes.size(); ++i) primes[i] = 3 * i + 2;
  const std::uint64_t mark = mark_of(primes);
  for (const std::size_t place : {0u, 5u, 500u, 999u}) {
    auto shorter = primes;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(place));
    EXPECT_NE(mark_of(shorter), mark) << place;
  }
  EXPECT_EQ(mark_of({}), 0u);
}

TEST(Peers, FindAFactor) {
  for (const auto& [number, factor] :
       std::initializer_list<std::pair<std::uint64_t, std::uint64_t>>{
           {10000600009, 100003}, {1000003, 0}, {9, 3}, {112272535095295, 5}}) {
    const std::uint64_t numbers[] = {number};
    for (const PeerMethod& method : methods_of(PeerTask::find_factor))
      EXPECT_EQ(method.prepare({.range = {3, 100'004}, .numbers = numbers})(), factor)
          << method.name << " " << number;
  }
}

TEST(Peers, DecideWhichNumbersArePrime) {
  std::vector<std::uint64_t> numbers = {0, 1, 2, 3, 4, 9, 2047, 18446744073709551557u, ~0ULL};
  for (std::uint64_t n = 1'000'000'000'000; numbers.size() < 500; ++n) numbers.push_back(n);
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (is_prime(numbers[i])) expected += i + 1;
  for (const PeerMethod& method : methods_of(PeerTask::decide))
    EXPECT_EQ(method.prepare({.numbers = numbers})(), expected) << method.name;
}

// Any program that answers lines with lines will do, and a shell is everywhere.
TEST(PythonProcess, AnswersLineByLineAndTellsOfItsEnd) {
  PythonProcess process("sh", "read line; echo \"$line, $0 $1, $PYTHONPATH\"; read line; echo 42",
                        {"two", "words"}, "/a:/b");
  EXPECT_EQ(process.ask("once"), "once, two words, /a:/b");
  EXPECT_EQ(process.ask_number("twice"), 42U);
  EXPECT_THROW(process.ask("again"), std::runtime_error);
}

TEST(PythonProcess, KeepsWhatIsSaidOnStderrToItselfButForTheReason) {
  testing::internal::CaptureStderr();
  std::string cause;
  try {
    PythonProcess("sh",
                  "echo 'Traceback (most recent call last):' >&2; echo 'No module' >&2; exit 3")
        .ask("anyone?");
  } catch (const std::runtime_error& error) {
    cause = error.what();
  }
  EXPECT_THAT(cause,
              testing::AllOf(testing::HasSubstr("exit code 3"), testing::EndsWith("No module"),
                             testing::Not(testing::HasSubstr("Traceback"))));
  std::string long_cause;
  try {
    PythonProcess("sh", "head -c 100000 /dev/zero | tr '\\0' 'x' >&2; printf 'a\\tb\\n\\n' >&2")
        .ask("");
  } catch (const std::runtime_error& error) {
    long_cause = error.what();
  }
  EXPECT_LT(long_cause.size(), 400);
  EXPECT_THAT(long_cause, testing::Not(testing::ContainsRegex("[\n\t]")));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(PythonProcess, SaysThatThereIsNone) {
  try {
    PythonProcess("no-such-python", "").ask("anyone?");
    FAIL() << "no-such-python answered";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("exit code 127"));
  }
}

}  // namespace
}  // namespace parlab
