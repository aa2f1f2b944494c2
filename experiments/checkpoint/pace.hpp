#pragma once

// How many chunks the next piece of a long run has: few at first, then as many as take the time that a
// piece should take, by the time of the last one.

#include <chrono>
#include <cstdint>
#include <deque>

namespace parlab {

/// How often a long run is saved where nobody says.
inline constexpr std::chrono::seconds default_save_interval{10};

struct SaveInterval {
  std::chrono::duration<double> seconds = default_save_interval;
  /// Somebody says so; else a save that takes long makes it longer, so that it costs 1 % at most.
  bool is_asked = false;
};

/// The share of the time that pieces and saves take, at most, where no interval is asked for.
inline constexpr double max_cost = 0.01;

/// Whether a save is due: so that a kill costs the work of an interval, and no piece more, unless saves,
/// of which the last took `save`, would then cost more than they may.
bool is_save_due(const SaveInterval& interval, std::chrono::duration<double> since_last,
                 std::chrono::duration<double> piece, std::chrono::duration<double> save);

/// Pieces from save to save: an interruption costs the work of one.
inline constexpr int pieces_per_save = 5;

class Pace {
 public:
  using Seconds = std::chrono::duration<double>;

  Pace(SaveInterval interval, int workers) : interval_(interval), workers_(workers) {}

  /// Chunks of the next piece, at least one, of `left` that are left. `gap`: since the end of the last
  /// piece. `pieces`: from save to save.
  std::uint64_t next(std::uint64_t left, Seconds gap, int pieces);
  /// The piece took so long.
  void took(Seconds seconds) { took_ = seconds; }

 private:
  SaveInterval interval_;
  int workers_;
  std::uint64_t count_ = 0;  // of the last piece
  Seconds took_{0};
  std::deque<Seconds> gaps_;  // the last ones, of two saves among them
};

}  // namespace parlab
