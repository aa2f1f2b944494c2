#pragma once

// What an arm is to parlab's own, with which it is held against something else in one race: for
// the record, and for the report (reports/report/tables/peer_table.py), which tells the ratio and whether the goal
// is met.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace parlab {

enum class Part {
  own,      // the baseline of its task
  peer,     // to be beaten: the speed over it is told
  bound,    // a part of the work that cannot be left out: own time over it is told
  scaling,  // own on more workers: its speed-up is told
};

/// What the book measured of its own program, on its own machine: where we come from.
struct SourceTime {
  std::string program;
  double seconds;  // for one index
};

struct AgainstFacts {
  std::string task;  // what a reader sees: "primes of [0, 1e9)"
  Part part;
  std::string library;                    // "primesieve 11.0"; "parlab"
  std::string bound;                      // what the machine allows, with the arithmetic
  std::optional<double> goal;             // of what is told: at least; for a bound, at most
  std::optional<SourceTime> source = {};  // of the task; for own
};

/// As `Workload::facts`.
nlohmann::json to_json(const AgainstFacts& facts);

}  // namespace parlab
