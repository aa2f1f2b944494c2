#pragma once

// The tasks on which parlab is held against what one would use otherwise, with what is to be
// reached on each and what the machine allows at most.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/peers/peer_facts.hpp"
#include "kernels/peers/peer.hpp"

namespace parlab {

struct Goal {
  std::string method;
  double value;  // of what is told: at least, for a bound at most; for scaling, a core
};

struct Task {
  std::string name;   // "sieve"
  std::string title;  // "primes of [0, 1e9)": what a reader sees
  PeerTask kind;
  std::string own;  // which of parlab's methods: a dart variant, "sieve", "vector", "batch"
  IndexRange range = {};
  std::string unit = "numbers";
  int workers = 1;
  std::string numbers = "";  // for decide: "random odd" or "primes"
  std::vector<Goal> goals = {};
  std::string bound = "";  // what the ports or the memory allow, with the arithmetic
  bool slow = false;       // only where it is asked for by name, or with all peers: seconds
  std::optional<SourceTime> source = {};
};

/// All tasks; those on all cores where there are more than one.
std::vector<Task> all_tasks();

/// One of the methods to do a task.
struct Method {
  std::string name;
  Part part;
  std::string library;  // "primesieve 11.0"; "parlab"
  bool same_stream = false;
  PeerRun (*prepare)(const Task&, const PeerInput&) = nullptr;  // own methods
  PeerRun (*prepare_peer)(const PeerInput&) = nullptr;          // peers' methods
  bool slow = false;  // only where its peer is asked for by name
};

/// Own first, then what bounds it, then its scaling, then the peers that this build has.
std::vector<Method> methods_of(const Task& task);

/// What parlab's own method does: one run of `task`.
PeerRun prepare_own(const Task& task, const PeerInput& input);

}  // namespace parlab
