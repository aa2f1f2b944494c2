// Loops as one writes them in Python: as they are, what one begins with, and compiled by numba. One
// text for both.

#include <fmt/format.h>

#include "kernels/peers/python_peer.hpp"

namespace parlab {
namespace {

/// Functions of three whole numbers. What stands before them says what `compiled` does.
constexpr char loops[] = R"(
import math
import random

@compiled
def darts(begin, end, seed):
    random.seed(seed)
    inside = 0
    for _ in range(begin, end):
        x = random.random()
        y = random.random()
        if x * x + y * y < 1:
            inside += 1
    return inside

@compiled
def is_prime(n):
    if n % 2 == 0 or n < 2:
        return n == 2
    for divisor in range(3, int(math.sqrt(n)) + 1, 2):
        if n % divisor == 0:
            return False
    return True

@compiled
def count_primes(begin, end, _):
    count = 0
    for n in range(begin, end):
        if is_prime(n):
            count += 1
    return count

darts(0, 0, 1), count_primes(0, 0, 1)  # numba compiles at a first call, which is not timed
)";

constexpr char as_they_are[] = "def compiled(function):\n    return function\n";
constexpr char by_numba[] = "from numba import njit as compiled\n";

const FoundPython& plain_python() {
  static const FoundPython found = find_python(
      "import platform, sys\nsys.stdin.readline()\n"
      "print(platform.python_version(), flush=True)\n");
  return found;
}
const FoundPython& numba_python() {
  static const FoundPython found = python_with("numba");
  return found;
}

template <const FoundPython& (*python)(), const char* before>
PeerRun called(const char* function, const PeerInput& input) {
  return calls_of(
      python(), std::string(before) + loops,
      fmt::format("{} {} {} {}", function, input.range.begin, input.range.end, input.seed));
}
template <const FoundPython& (*python)(), const char* before>
PeerRun darts(const PeerInput& input) {
  return called<python, before>("darts", input);
}
template <const FoundPython& (*python)(), const char* before>
PeerRun count_primes(const PeerInput& input) {
  return called<python, before>("count_primes", input);
}

/// Slow: seconds a run, or, of numba, a second to compile in each new process.
template <const FoundPython& (*python)(), const char* before>
Peer peer_of(const char* name, const char* what, PeerState (*look)()) {
  const std::string loop = fmt::format("{}_loop", name), trial = fmt::format("{}_trial", name);
  return {.name = name,
          .what = what,
          .look = look,
          .methods = {
              {PeerTask::darts, loop, false, false, darts<python, before>, true},
              {PeerTask::darts_53, loop, false, false, darts<python, before>, true},
              {PeerTask::count_primes, trial, false, false, count_primes<python, before>, true}}};
}

const RegisterPeer registered{
    peer_of<plain_python, as_they_are>("python", "loops in Python, not compiled", [] {
      return state_of(
          plain_python(),
          "there is no python3: install python3, or configure with -DPython_EXECUTABLE=");
    })};
const RegisterPeer registered_numba{peer_of<numba_python, by_numba>(
    "numba", "loops in Python, compiled",
    [] { return state_of(numba_python(), "no python3 has it: install python3-numba"); })};

}  // namespace
}  // namespace parlab
