#include "experiments/planning/run_simulation.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <queue>
#include <stdexcept>
#include <utility>

#include "kernels/backends/backend.hpp"
#include "kernels/backends/ranks/rank_naps.hpp"
#include "kernels/backends/static_share.hpp"
#include "kernels/base/index_range.hpp"

namespace parlab {
namespace {

/// A rank and when it asks for its next chunk.
using Asking = std::pair<double, std::uint64_t>;

class Simulation {
 public:
  Simulation(const PlannedRun& run, const WorkProfile& work, const RunCosts& costs)
      : run_(run), work_(work), costs_(costs), chunking_({0, run.size}, run.grain) {}

  /// Seconds until rank 0 has all partials; `messages` of them after ranks were done.
  double seconds(double& messages) {
    double clock = 0;
    messages = 0;
    std::uint64_t first = 0;
    do {  // an empty range has a run, too
      const std::uint64_t count = std::min(window, chunking_.chunks() - first);
      std::vector<double> done = run_.is_dynamic ? dynamic_window(first, count, first == 0)
                                                 : static_window(first, count, first == 0);
      const double rank_0 = done.front();
      const double end = last_of(done);
      const double told = collectives(count, end - std::min(rank_0, end));
      messages += told;
      clock += end + told;
      first += count;
    } while (first < chunking_.chunks());
    return clock;
  }

 private:
  /// When a rank begins in a window, in its own CPU time.
  double begin_of(std::uint64_t rank, bool is_first) const {
    if (!is_first) return 0;
    const double told =
        rank == 0 ? 0 : costs_.latency + static_cast<double>(rank - 1) * costs_.latency / 2;
    return told + costs_.serial;
  }

  double chunks_seconds(IndexRange chunks) const {
    if (chunks.empty()) return 0;
    return work_.seconds(static_cast<double>(chunking_[chunks.begin].begin),
                         static_cast<double>(chunking_[chunks.end - 1].end)) +
           static_cast<double>(chunks.size()) * costs_.per_chunk;
  }

  std::vector<double> static_window(std::uint64_t first, std::uint64_t count, bool is_first) const {
    std::vector<double> done(run_.ranks);
    for (std::uint64_t rank = 0; rank < run_.ranks; ++rank) {
      const IndexRange share = static_share(count, run_.ranks, rank);
      done[rank] =
          begin_of(rank, is_first) + chunks_seconds({first + share.begin, first + share.end});
    }
    return done;
  }

  std::vector<double> dynamic_window(std::uint64_t first, std::uint64_t count,
                                     bool is_first) const {
    std::vector<double> done(run_.ranks);
    std::vector<Asking> begin(run_.ranks);
    for (std::uint64_t rank = 0; rank < run_.ranks; ++rank)
      begin[rank] = {begin_of(rank, is_first), rank};
    std::priority_queue asking(std::greater<>(), std::move(begin));
    double counter_free = 0;
    for (std::uint64_t next = 0; !asking.empty(); ++next) {
      const auto [time, rank] = asking.top();
      asking.pop();
      const double way = rank == 0 ? 0 : costs_.latency;
      counter_free = std::max(time + way, counter_free) + costs_.ticket;
      const double has = counter_free + way;
      if (next < count)
        asking.push({has + chunks_seconds({first + next, first + next + 1}), rank});
      else
        done[rank] = has;
    }
    return done;
  }

  /// When the last is done, of ranks that need so much CPU time each and share the cores evenly.
  double last_of(std::vector<double>& needed) const {
    if (run_.ranks <= run_.cores) return std::ranges::max(needed);
    std::ranges::sort(needed);
    double clock = 0, before = 0;
    std::uint64_t active = run_.ranks;
    for (const double time : needed) {
      const double slowdown =
          std::max(1.0, static_cast<double>(active) / static_cast<double>(run_.cores));
      clock += (time - before) * slowdown;
      before = time;
      --active;
    }
    return clock;
  }

  /// What ranks tell each other after a window; rank 0 has waited so long, and naps.
  double collectives(std::uint64_t count, double waited) const {
    if (run_.ranks == 1) return 0;
    const auto ranks = static_cast<double>(run_.ranks);
    const auto steps = static_cast<double>(std::bit_width(run_.ranks - 1));
    const std::uint64_t partial =
        run_.partial_bytes + (run_.is_dynamic ? sizeof(std::uint64_t) : 0);
    const double numbers =
        steps * costs_.latency + ranks * sizeof(std::uint64_t) * costs_.seconds_per_byte;
    const double partials =
        steps * costs_.latency + static_cast<double>(count * partial) * costs_.seconds_per_byte;
    const double max_nap = std::chrono::duration<double>(max_rank_nap).count();
    const double spin = std::chrono::duration<double>(rank_spin).count();
    const double nap =
        waited < spin ? 0 : std::min(waited / 16, max_nap) / 2;  // half of it, on average
    return (run_.is_dynamic ? 2 : 1) * numbers + partials + nap;
  }

  const PlannedRun& run_;
  const WorkProfile& work_;
  const RunCosts& costs_;
  Chunking chunking_;
};

}  // namespace

WorkProfile::WorkProfile(std::vector<RateAt> rates) : rates_(std::move(rates)) {
  if (rates_.empty()) throw std::invalid_argument("a profile of work needs a rate");
  double sum = rates_.front().place * rates_.front().seconds;
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    const RateAt& here = rates_[i];
    if (!(here.seconds >= 0 && std::isfinite(here.seconds) && here.place >= 0))
      throw std::invalid_argument("a rate of work must be finite and at least 0");
    if (i > 0) {
      const RateAt& before = rates_[i - 1];
      if (!(here.place >= before.place))
        throw std::invalid_argument("places of a profile must be in order");
      sum += (here.place - before.place) * (here.seconds + before.seconds) / 2;
    }
    sums_.push_back(sum);
  }
}

double WorkProfile::until(double place) const {
  const auto after = std::ranges::upper_bound(rates_, place, {}, &RateAt::place);
  if (after == rates_.begin()) return place * rates_.front().seconds;
  const auto i = static_cast<std::size_t>(after - rates_.begin()) - 1;
  const double into = place - rates_[i].place;
  if (after == rates_.end()) return sums_[i] + into * rates_[i].seconds;
  const double slope = (after->seconds - rates_[i].seconds) / (after->place - rates_[i].place);
  return sums_[i] + into * (rates_[i].seconds + slope * into / 2);
}

SimulatedRun simulate(const PlannedRun& run, const WorkProfile& work, const RunCosts& costs) {
  if (run.ranks == 0 || run.cores == 0 || run.grain == 0)
    throw std::invalid_argument("a run needs ranks, cores and a grain");
  SimulatedRun result;
  result.seconds = Simulation(run, work, costs).seconds(result.messages);
  const auto at_once = static_cast<double>(std::min(run.ranks, run.cores));
  const auto ranks = static_cast<double>(run.ranks);
  const double chunks = static_cast<double>(Chunking({0, run.size}, run.grain).chunks());
  result.work =
      (work.seconds(0, static_cast<double>(run.size)) + chunks * costs.per_chunk) / at_once;
  result.serial = costs.serial * ranks / at_once;
  RunCosts free = costs;
  free.ticket = free.latency = free.seconds_per_byte = 0;
  double naps = 0;
  const double of_ranks = Simulation(run, work, free).seconds(naps) - naps;
  result.imbalance = std::max(0.0, of_ranks - result.work - result.serial);
  const double others = std::max(0.0, result.seconds - result.messages - of_ranks);
  result.start_up =
      run.ranks == 1 ? 0 : std::min(others, costs.latency + (ranks - 2) * costs.latency / 2);
  result.counter = run.is_dynamic ? others - result.start_up : 0;
  return result;
}

}  // namespace parlab
