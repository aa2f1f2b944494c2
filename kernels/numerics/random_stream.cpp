#include "kernels/numerics/random_stream.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>

#include "kernels/errors.hpp"
#include "kernels/nearest_name.hpp"
#include "kernels/numerics/ars.hpp"
#include "kernels/numerics/monte_carlo.hpp"

namespace parlab {
namespace {

/// Words out of a source that gives `size` of them at a time.
template <class Source, std::size_t size>
class StreamOfBlocks final : public RandomStream {
 public:
  explicit StreamOfBlocks(std::uint64_t seed) : source_(seed) {}

  void next(std::span<std::uint32_t> words) override {
    for (std::uint32_t& word : words) {
      if (used_ == size) {
        block_ = source_();
        used_ = 0;
      }
      word = block_[used_++];
    }
  }

 private:
  Source source_;
  std::array<std::uint32_t, size> block_{};
  std::size_t used_ = size;
};

std::uint32_t lower(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
std::uint32_t upper(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }

/// Blocks 0, 1, 2, ...
struct PhiloxBlocks {
  explicit PhiloxBlocks(std::uint64_t of) : seed(of) {}
  std::array<std::uint32_t, 4> operator()() { return dart_block(block++, seed); }
  std::uint64_t seed;
  std::uint64_t block = 0;
};

struct ArsBlocks {
  explicit ArsBlocks(std::uint64_t of) : seed(of) {}
  std::array<std::uint32_t, 4> operator()() {
    const AesState state = ars_block(block++, seed);
    return {lower(state[0]), upper(state[0]), lower(state[1]), upper(state[1])};
  }
  std::uint64_t seed;
  std::uint64_t block = 0;
};

struct MersenneTwister {
  explicit MersenneTwister(std::uint64_t seed) : engine(seed) {}
  std::array<std::uint32_t, 2> operator()() {
    const std::uint64_t word = engine();
    return {lower(word), upper(word)};
  }
  std::mt19937_64 engine;
};

}  // namespace

std::vector<std::string> random_streams() { return {"philox", "ars", "mt19937_64"}; }

std::unique_ptr<RandomStream> random_stream(const std::string& generator, std::uint64_t seed) {
  if (generator == "philox") return std::make_unique<StreamOfBlocks<PhiloxBlocks, 4>>(seed);
  if (generator == "ars") return std::make_unique<StreamOfBlocks<ArsBlocks, 4>>(seed);
  if (generator == "mt19937_64") return std::make_unique<StreamOfBlocks<MersenneTwister, 2>>(seed);
  throw UsageError(unknown_name("generator", generator, random_streams()));
}

}  // namespace parlab
