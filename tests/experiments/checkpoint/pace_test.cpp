#include "experiments/checkpoint/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace parlab {
namespace {

using Seconds = Pace::Seconds;

/// A run whose chunks take `chunk` seconds on each of the workers, and each save `save`.
struct MadeUpRun {
  double chunk, save;
  int workers = 2;

  struct Times {
    double longest_piece = 0, work = 0, saving = 0;
    std::uint64_t pieces = 0, chunks = 0;
  };
  Times run(SaveInterval interval, std::uint64_t chunks, int pieces) const {
    Pace pace(interval, workers);
    Times times;
    double since_save = 0;
    Seconds gap{0};
    while (times.chunks < chunks) {
      const std::uint64_t count = pace.next(chunks - times.chunks, gap, pieces);
      EXPECT_GE(count, 1u);
      EXPECT_LE(count, chunks - times.chunks);
      const double took = static_cast<double>(count) * chunk / workers;
      pace.took(Seconds(took));
      times.longest_piece = std::max(times.longest_piece, took);
      times.work += took;
      times.chunks += count;
      ++times.pieces;
      since_save += took;
      const bool saves = is_save_due(interval, Seconds(since_save), Seconds(took), Seconds(save));
      gap = Seconds(saves ? save : 1e-4);
      times.saving += gap.count();
      if (saves) since_save = 0;
    }
    return times;
  }
};

TEST(Pace, MakesPiecesOfAPartOfTheInterval) {
  for (const double chunk : {1e-5, 1e-3, 0.02, 0.3}) {
    const auto times = MadeUpRun{chunk, 0.005}.run({Seconds(10), false},
                                                   static_cast<std::uint64_t>(1000 / chunk), 5);
    EXPECT_LT(times.longest_piece, 2.7) << chunk;
    EXPECT_GT(times.work / static_cast<double>(times.pieces), 1.5) << chunk;
  }
}

TEST(Pace, MakesAPieceOfOneChunkAWorkerWhereTheyTakeLong) {
  const auto times = MadeUpRun{60, 0.005}.run({Seconds(10), false}, 100, 5);
  EXPECT_EQ(times.pieces, 50u);
}

TEST(Pace, CostsAPercentAtMostHoweverLongASaveTakes) {
  for (const double save : {0.001, 0.1, 1.0, 20.0})
    for (const int pieces : {1, 5}) {
      const auto times = MadeUpRun{0.01, save}.run({Seconds(10), false}, 100'000'000, pieces);
      EXPECT_LT(times.saving / times.work, 1.1 * max_cost) << save << ' ' << pieces;
    }
}

TEST(Pace, KeepsAnIntervalThatIsAskedFor) {
  const auto times = MadeUpRun{0.01, 1.0}.run({Seconds(10), true}, 1'000'000, 5);
  EXPECT_LT(times.longest_piece, 2.7);
}

TEST(Pace, GivesEachWorkerAsManyOfFewChunks) {
  Pace pace({Seconds(10), true}, 3);
  std::uint64_t left = 100'000;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t count = pace.next(left, Seconds(0), 5);
    EXPECT_EQ(count % 3, 0u);
    pace.took(Seconds(0.07 * static_cast<double>(count)));
    left -= count;
  }
  EXPECT_EQ(pace.next(2, Seconds(0), 5), 2u);
}

TEST(Pace, ForgetsThatSomebodyStoppedTheProgram) {
  Pace pace({Seconds(10), false}, 2);
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t count = pace.next(~std::uint64_t{0}, Seconds(i == 20 ? 3600 : 0.001), 5);
    const Seconds took(0.01 * static_cast<double>(count));
    EXPECT_LT(took, Seconds(2.7));
    pace.took(took);
  }
}

TEST(Pace, GoesOnAfterAPieceThatTookNoTime) {
  Pace pace({Seconds(10), false}, 2);
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t count = pace.next(~std::uint64_t{0}, Seconds(0), 5);
    EXPECT_GE(count, last);
    last = count;
    pace.took(Seconds(0));
  }
}

}  // namespace
}  // namespace parlab
