#pragma once

// What one would use instead of parlab's kernels: libraries that solve the same task, called as
// their manuals say, so that they can be timed beside ours. Each source registers what it calls; a
// library that this build lacks is listed with the package that would bring it.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/base/index_range.hpp"

namespace parlab {

enum class PeerTask {
  darts,         // how many of the darts of `range` are inside; 32 random bits a coordinate or more
  darts_53,      // the same with 53 bits, doubles in [0, 1)
  count_primes,  // how many primes `range` holds
  count_primes_below,  // the same without finding them; `range` begins at 0
  list_primes,         // mark_of the primes of `range`, once all lie in memory
  find_factor,     // the least divisor of numbers[0] in `range`, which begins at 3; 0 where none
  decide,          // sum of i + 1 for each prime numbers[i]
  count_keys,      // mark_of_counts of `range` example keys, uniform, in numbers[0] bins
  sparse_product,  // mark_of_product of the uneven example of `range` rows, numbers[0] nonzeros each
};

struct PeerInput {
  IndexRange range = {};
  std::uint64_t seed = 0;
  int workers = 1;
  std::span<const std::uint64_t> numbers = {};  // must outlive the run
};

/// One run; its answer.
using PeerRun = std::function<std::uint64_t()>;

struct PeerMethod {
  PeerTask task;
  std::string name;   // unique for the task: "random123_philox"
  bool uses_workers;  // false: it runs on one worker, whatever the input says
  bool same_stream;   // of darts: those of parlab's generator, so the count is the same
  PeerRun (*prepare)(const PeerInput&);
  bool slow = false;  // seconds a run: only where its peer is asked for by name
};

/// A library's version; empty where it cannot be used, and then the cure.
struct PeerState {
  std::string version;
  std::string why;
};

struct Peer {
  std::string name;  // "primesieve"
  std::string what;  // one line
  PeerState (*look)();
  std::vector<PeerMethod> methods;
};

class RegisterPeer {
 public:
  explicit RegisterPeer(Peer peer);
};

/// All that the source knows, by name.
const std::vector<Peer>& peers();

/// For a library that was not there when parlab was built.
PeerState not_built(const char* package);

/// What two lists share only where they are the same but for luck: their length, and every 16th of
/// them added to it, so that reading them again costs little. One too many or too few shifts the
/// rest.
inline std::uint64_t mark_of(std::span<const std::uint64_t> list) {
  std::uint64_t mark = list.size();
  for (std::size_t i = 0; i < list.size(); i += 16) mark += list[i];
  return mark;
}

/// Whether X^2 + Y^2 < 1 for coordinates in [0, 1), as one writes it.
inline bool inside_unit_circle(double x, double y) { return x * x + y * y < 1; }

}  // namespace parlab
