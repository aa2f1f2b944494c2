// verify_prime: whether one number is prime. By a search for a factor below its root, split over
// workers, who stop when one of them has found something; or by a test that needs no factor and no
// worker besides one.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "experiments/command_line/quantity.hpp"
#include "experiments/experiment.hpp"
#include "experiments/measure/usable_cores.hpp"
#include "kernels/errors.hpp"
#include "kernels/nearest_name.hpp"
#include "kernels/numerics/factor_search.hpp"
#include "kernels/numerics/integer_sqrt.hpp"
#include "kernels/numerics/primality.hpp"
#include "kernels/sharing/shared_mapping.hpp"

namespace parlab {
namespace {

/// A prime of 18 digits, from the book's chapter on multiprocessing.
constexpr char default_number[] = "100109100129100151";

constexpr char bpsw[] = "bpsw";

/// The search of that name, or null for bpsw.
FactorSearch search_named(const std::string& algorithm) {
  std::vector<std::string> names;
  for (const FactorSearchVariant& variant : factor_searches) {
    if (algorithm == variant.name) return variant.smallest_factor;
    names.emplace_back(variant.name);
  }
  if (algorithm == bpsw) return nullptr;
  names.emplace_back(bpsw);
  throw UsageError(unknown_name("algorithm", algorithm, names));
}

std::uint64_t number_of(const Case& what) { return what.parameters.at("number"); }

/// Those that decide: from 2 to the root.
IndexRange divisors_of(std::uint64_t number) {
  return {2, std::max<std::uint64_t>(2, integer_sqrt(number) + 1)};
}

Answer answer_for(std::uint64_t number, bool prime) {
  return number < 2 ? "neither prime nor composite" : prime ? "prime" : "composite";
}

/// That a factor was found. Seen by workers of any kind; only a hint, for the answer goes through
/// the chunks' results.
class FoundFlag {
 public:
  FoundFlag() : memory_(sizeof(std::atomic<bool>)) {
    std::construct_at(reinterpret_cast<std::atomic<bool>*>(memory_.data()), false);
  }
  void clear() { flag().store(false, std::memory_order_relaxed); }
  void set() { flag().store(true, std::memory_order_relaxed); }
  bool is_set() { return flag().load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::atomic<bool>& flag() { return *reinterpret_cast<std::atomic<bool>*>(memory_.data()); }

  SharedMapping memory_;
};

class VerifyPrime final : public Experiment {
 public:
  std::string name() const override { return "verify_prime"; }
  int report_place() const override { return 25; }
  std::string question() const override {
    return "Is one number prime: how fast does a search for its factors get, and who needs one?";
  }
  std::string why() const override {
    return "A prime has no factor, so each divisor up to its root is tried, whoever tries it: even "
           "work that splits well. Of a composite number only the divisors up to its least factor "
           "need be tried, by one worker; with more of them the time depends on which part holds "
           "the factor, and on how soon the others hear of it. The vector search tries 32 divisors "
           "at once by quotients that are linear in the divisor, without a division. A "
           "probable-prime test (bpsw) needs some hundred multiplications and no workers: a better "
           "algorithm beats any number of cores.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--number", number_words_,
                   fmt::format("any number below 2^64, or a list [{}]", default_number));
    app.add_option("--algorithm", algorithm_words_,
                   "naive: every odd divisor; wheel: those coprime to 210; vector: the same in "
                   "SIMD; bpsw: a test without divisors; or a list [vector]");
  }
  void check_options() override {
    numbers_ = parse_quantities("--number", number_words_);
    algorithms_ = split_list(algorithm_words_);
    for (const std::string& algorithm : algorithms_) search_named(algorithm);
  }

  std::string subject(const Case& what) const override {
    return fmt::format("For {} by {}", number_of(what), what.algorithm);
  }

  std::vector<Case> cases() const override {
    std::vector<Case> cases;
    for (const std::uint64_t number : numbers_) {
      const std::uint64_t size = divisors_of(number).size();
      for (const std::string& algorithm : algorithms_)
        cases.push_back({.kernel = algorithm == bpsw ? "primality" : "factor_search",
                         .algorithm = algorithm,
                         .size = size,
                         .unit = "divisors",
                         .parameters = {{"number", number}},
                         .least_grain = algorithm == bpsw ? size : divisors_per_poll});
    }
    return cases;
  }

  Answer expected(const Case& what) const override {
    return answer_for(number_of(what), is_prime_by_miller_rabin(number_of(what)));
  }

  std::function<Answer()> open(const Arm& arm) const override {
    std::shared_ptr<Backend> backend = make_backend(arm.who);
    const std::uint64_t number = number_of(arm.what);
    const FactorSearch smallest_factor = search_named(arm.what.algorithm);
    if (smallest_factor == nullptr) {
      return [=]() -> Answer {
        const auto test = [=](IndexRange) -> char { return is_prime(number) ? 1 : 0; };
        return answer_for(number, backend->map_chunks(Chunking({0, 1}, 1), test).front() != 0);
      };
    }
    const Chunking chunking(divisors_of(number), arm.grain);
    const auto found = std::make_shared<FoundFlag>();
    return [=]() -> Answer {
      found->clear();
      const std::uint64_t factor = map_reduce(
          *backend, chunking, std::uint64_t{0},
          [&](IndexRange divisors) {
            const std::uint64_t hit =
                smallest_factor(number, divisors, [&] { return found->is_set(); });
            if (hit != 0) found->set();
            return hit;
          },
          [](std::uint64_t a, std::uint64_t b) { return a != 0 ? a : b; });
      return answer_for(number, factor == 0);
    };
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string rounds = full ? "41" : "11";
    return {
        {"verify-prime-algorithms",
         {"verify_prime", "--algorithm", "naive,wheel,vector,bpsw", "--backend", "serial",
          "--baseline", "first", "--rounds", rounds}},
        {"verify-prime-backends",
         {"verify_prime", "--algorithm", full ? "naive,vector" : "vector", "--backend", "each",
          "--workers", fmt::to_string(usable_cores()), "--rounds", full ? "41" : "21"}},
    };
  }

 private:
  std::string number_words_ = default_number;
  std::string algorithm_words_ = "vector";
  std::vector<std::uint64_t> numbers_;
  std::vector<std::string> algorithms_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<VerifyPrime>();
});

}  // namespace
}  // namespace parlab
