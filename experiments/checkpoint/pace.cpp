#include "experiments/checkpoint/pace.hpp"

#include <algorithm>
#include <numeric>

namespace parlab {
namespace {

/// From one piece to the next at most: the first chunks need not be like those that follow.
constexpr double max_growth = 8;

/// Chunks a worker below which a piece has as many for each, so that none waits for the others.
constexpr std::uint64_t few = 64;

/// The mean gap where two of them are of a save. The longest is left out: somebody may have stopped the
/// program for a while.
Pace::Seconds usual_gap(const std::deque<Pace::Seconds>& gaps) {
  const auto all = std::accumulate(gaps.begin(), gaps.end(), Pace::Seconds(0));
  return 2 * (all - *std::ranges::max_element(gaps)) / static_cast<double>(gaps.size());
}

}  // namespace

bool is_save_due(const SaveInterval& interval, Pace::Seconds since_last, Pace::Seconds piece,
                 Pace::Seconds save) {
  return since_last + piece >= interval.seconds &&
         (interval.is_asked || since_last >= save / max_cost);
}

std::uint64_t Pace::next(std::uint64_t left, Seconds gap, int pieces) {
  const auto workers = static_cast<std::uint64_t>(workers_);
  if (count_ == 0) {
    count_ = workers;
  } else {
    gaps_.push_back(gap);
    while (gaps_.size() > 2 * static_cast<std::size_t>(pieces)) gaps_.pop_front();
    Seconds wanted = interval_.seconds / pieces;
    if (!interval_.is_asked) wanted = std::max(wanted, usual_gap(gaps_) / max_cost);
    const double factor =
        took_.count() > 0 ? std::clamp(wanted / took_, 1 / max_growth, max_growth) : max_growth;
    const double count = std::clamp(static_cast<double>(count_) * factor, 1.0, 1e18);
    count_ = std::max<std::uint64_t>(static_cast<std::uint64_t>(count), workers);
    if (count_ < few * workers) count_ = count_ / workers * workers;
  }
  return std::min(count_, left);
}

}  // namespace parlab
