// A fold that is made in pieces, each in a backend of its own, as another process would: the bits of one
// that is made at once, on every backend.

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/fold_keeper.hpp"
#include "kernels/backends/search/search.hpp"
#include "kernels/parallel/heat_rows.hpp"
#include "kernels/parallel/prime_ranges.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "tests/kernels/backends/fold_checks.hpp"

namespace parlab {
namespace {

/// Pieces of 1, 2, 3, ... chunks.
class Steps final : public FoldKeeper {
 public:
  IndexRange begin(std::uint64_t chunks, const FoldState& state) override {
    chunks_ = chunks;
    if (done_ > 0) {
      const std::byte* from = kept_.data();
      for (const auto& part : state.parts) {
        std::memcpy(part.data(), from, part.size());
        from += part.size();
      }
    }
    count_ = std::min(++size_, chunks - done_);
    return {done_, done_ + count_};
  }
  void end(const FoldState& state) override {
    done_ += count_;
    kept_.clear();
    for (const auto& part : state.parts) kept_.insert(kept_.end(), part.begin(), part.end());
  }
  bool is_complete() const { return done_ == chunks_; }
  std::uint64_t done() const { return done_; }

 private:
  std::uint64_t chunks_ = 1, done_ = 0, count_ = 0, size_ = 0;
  std::vector<std::byte> kept_;
};

class FoldInPieces : public testing::TestWithParam<BackendSpec> {
 protected:
  /// fold(backend) until it is complete; what the last piece gives.
  template <class Fold>
  auto in_pieces(const Fold& fold) {
    for (;;) {
      BackendSpec spec = GetParam();
      spec.keeper = &steps_;
      const auto backend = make_backend(spec);
      const auto result = fold(*backend);
      if (steps_.is_complete()) return result;
    }
  }
  Steps steps_;
};

TEST_P(FoldInPieces, FoldsInChunkOrder) {
  const Chunking chunking({5, 1005}, 3);
  EXPECT_EQ(in_pieces([&](Backend& backend) {
              return map_reduce(backend, chunking, unit, matrix_of, product);
            }),
            matrix_of(chunking.range()));
}

TEST_P(FoldInPieces, FoldsTheSameBitsInFloatingPoint) {
  const Chunking chunking({0, 10'000}, 17);
  const auto serial = make_backend({"serial", "", 1});
  EXPECT_EQ(in_pieces([&](Backend& backend) {
              return map_reduce(backend, chunking, 0.0, harmonic, std::plus<>());
            }),
            map_reduce(*serial, chunking, 0.0, harmonic, std::plus<>()));
}

TEST_P(FoldInPieces, ComputesEachChunkOnce) {
  const SharedMapping memory(sizeof(std::atomic<int>));
  auto& computed = *new (memory.data()) std::atomic<int>(0);
  in_pieces([&](Backend& backend) {
    return map_reduce(
        backend, Chunking({0, 100}, 1), 0, [&](IndexRange) { return ++computed, 1; },
        std::plus<>());
  });
  EXPECT_EQ(computed.load(), 100);
}

TEST_P(FoldInPieces, TakesARangeWithoutChunks) {
  EXPECT_EQ(in_pieces([&](Backend& backend) {
              return map_reduce(backend, Chunking({7, 7}, 3), unit, matrix_of, product);
            }),
            unit);
}

TEST_P(FoldInPieces, FindsTheFirstHitAndSearchesNoMoreThen) {
  const SharedMapping memory(sizeof(std::atomic<int>));
  auto& searched = *new (memory.data()) std::atomic<int>(0);
  EXPECT_EQ(in_pieces([&](Backend& backend) {
              SharedMinimum lowest;
              return find_first(backend, Chunking({0, 10'000}, 10), lowest,
                                [&](IndexRange range, const SharedMinimum&) {
                                  ++searched;
                                  return range.begin >= 500 ? range.begin : not_found;
                                });
            }),
            500u);
  EXPECT_LT(searched.load(), 200);
}

TEST_P(FoldInPieces, CountsPrimes) {
  for (const char* name : {"sieve", "trial"}) {
    steps_ = Steps();
    EXPECT_EQ(in_pieces([&](Backend& backend) {
                return count_primes(backend, Chunking({0, 100'000}, 999), prime_algorithm(name));
              }),
              9592u)
        << name;
  }
}

TEST_P(FoldInPieces, SpreadsHeat) {
  constexpr std::uint64_t side = 20;
  constexpr std::size_t bytes = side * side * sizeof(double);
  const SharedMapping first(bytes), between(bytes), last(bytes), right(bytes);
  const auto plate = [&](const SharedMapping& memory) {
    return Plate{reinterpret_cast<double*>(memory.data()), side, side, side};
  };
  for (std::uint64_t i = 0; i < side * side; ++i)
    plate(first).cells[i] = static_cast<double>(i * i % 17);
  const auto serial = make_backend({"serial", "", 1});
  for (const char* name : {"simd", "tiled"})
    for (std::uint64_t steps = 1; steps <= 23; ++steps) {
      const DiffusionVariant variant = diffusion_variant(name);
      const int depth = std::min(3, variant.max_steps);
      const auto spread = [&](Backend& backend, const SharedMapping& to) {
        spread_heat(backend, Chunking({0, side}, 6), variant, plate(first), plate(between),
                    plate(to), 0.2, Edges::periodic, steps, depth);
        return 0;
      };
      spread(*serial, right);
      steps_ = Steps();
      in_pieces([&](Backend& backend) { return spread(backend, last); });
      EXPECT_EQ(std::memcmp(last.data(), right.data(), bytes), 0) << name << ' ' << steps;
    }
}

std::vector<BackendSpec> specs() {
  std::vector<BackendSpec> all;
  for (const BackendEntry& entry : backends())
    if (entry.shares_memory()) all.push_back(parse_backend(entry.name, entry.parallel ? 3 : 1));
  return all;
}

INSTANTIATE_TEST_SUITE_P(Backends, FoldInPieces, testing::ValuesIn(specs()),
                         [](const auto& info) { return info.param.backend; });

}  // namespace
}  // namespace parlab
