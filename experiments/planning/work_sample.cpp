#include "experiments/planning/work_sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "experiments/checkpoint/pieces.hpp"
#include "experiments/measure/race/arm_process.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "kernels/backends/fold_keeper.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;

/// Lets a fold make one chunk and no other.
class OneChunk final : public FoldKeeper {
 public:
  IndexRange begin(std::uint64_t chunks, const FoldState&) override {
    begin_ = Clock::now();
    return {chunk_, std::min(chunk_ + 1, chunks)};
  }
  void end(const FoldState&) override {
    seconds_ = std::chrono::duration<double>(Clock::now() - begin_).count();
  }
  void choose(std::uint64_t chunk) { chunk_ = chunk; }
  /// Of the last chunk.
  double seconds() const { return seconds_; }

 private:
  std::uint64_t chunk_ = 0;
  Clock::time_point begin_;
  double seconds_ = 0;
};

/// What the first run of a fold does besides its chunk: least of some, in a process that is warm.
double serial_seconds(const Experiment& experiment, Arm arm) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < min_runs_per_place; ++i) {
    OneChunk one;  // which keeps what runs make once
    arm.executor.keeper = &one;
    const OpenedArm opened = experiment.open(arm);
    if (opened.prepare) opened.prepare();
    const auto begin = Clock::now();
    opened.run();
    const double whole = std::chrono::duration<double>(Clock::now() - begin).count();
    least = std::min(least, whole - one.seconds());
  }
  return std::max(0.0, least);
}

}  // namespace

WorkSample sample_work(const Experiment& experiment, const Workload& workload,
                       std::chrono::duration<double> timeout,
                       const InterruptionGuard& interruption) {
  if (const std::string why = experiment.why_not_in_pieces(workload); !why.empty())
    throw UsageError(
        fmt::format("plan: {} cannot be sampled by single chunks: {}", experiment.name(), why));
  const auto begin = Clock::now();
  WorkSample sample;
  sample.grain = grain_in_pieces(workload);
  const std::uint64_t all = Chunking({0, workload.size}, sample.grain).chunks();
  const auto work = [&]() -> Answer {
    OneChunk one;
    const Arm arm{workload, {"serial", "", 1, &one}, sample.grain};
    const OpenedArm opened = experiment.open(arm);
    if (opened.prepare) opened.prepare();
    opened.run();
    const double serial = serial_seconds(experiment, arm);
    std::vector<double> places, rates;
    std::uint64_t last = all, runs = 0;
    for (int i = 0; i < sampled_places; ++i) {
      // The last chunk may be a short one.
      const std::uint64_t whole = std::max<std::uint64_t>(workload.size / sample.grain, 1);
      const auto chunk =
          static_cast<std::uint64_t>(static_cast<double>(whole - 1) / (sampled_places - 1) * i);
      if (chunk == last) continue;
      last = chunk;
      one.choose(chunk);
      std::vector<double> seconds;
      const auto enough = Clock::now() + min_time_per_place;
      while (static_cast<int>(seconds.size()) < min_runs_per_place || Clock::now() < enough) {
        opened.run();
        seconds.push_back(one.seconds());
        ++runs;
      }
      const IndexRange range = Chunking({0, workload.size}, sample.grain)[chunk];
      places.push_back((static_cast<double>(range.begin) + static_cast<double>(range.end)) / 2);
      rates.push_back(median(seconds) /
                      static_cast<double>(std::max<std::uint64_t>(range.size(), 1)));
    }
    return {{"places", places}, {"rates", rates}, {"serial", serial}, {"runs", runs}};
  };
  const Answer told = answer_of_process(work, timeout, interruption);
  const auto places = told.at("places").get<std::vector<double>>();
  const auto rates = told.at("rates").get<std::vector<double>>();
  for (std::size_t i = 0; i < places.size(); ++i) sample.rates.push_back({places[i], rates[i]});
  sample.serial = told.at("serial");
  sample.chunks = told.at("runs");
  sample.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return sample;
}

}  // namespace parlab
