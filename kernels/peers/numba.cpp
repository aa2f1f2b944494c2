// numba: the same loops in Python, compiled when they are first called.

#include <fmt/format.h>

#include "kernels/peers/python_peer.hpp"

namespace parlab {
namespace {

/// Functions of three whole numbers. Each is called once, and so compiled, before anything is timed.
constexpr char script[] = R"(
import math
import random
from numba import njit

@njit
def darts(begin, end, seed):
    random.seed(seed)
    inside = 0
    for _ in range(begin, end):
        x = random.random()
        y = random.random()
        if x * x + y * y < 1:
            inside += 1
    return inside

@njit
def is_prime(n):
    if n % 2 == 0 or n < 2:
        return n == 2
    divisor = 3
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 2
    return True

@njit
def count_primes(begin, end, _):
    count = 0
    for n in range(begin, end):
        if is_prime(n):
            count += 1
    return count
)";

const FoundPython& python() {
  static const FoundPython found = python_with("numba");
  return found;
}

PeerState look() {
  if (!python().path.empty()) return {python().answer, ""};
  return {"", "no python3 has it: install python3-numba"};
}

/// Of a function of which a first call with `begin` alone compiles it.
PeerRun compiled(const char* function, const PeerInput& input) {
  const std::uint64_t begin = input.range.begin;
  const std::string script_and_call =
      fmt::format("{}\n{}({}, {}, 1)\n", script, function, begin, begin);
  return calls_of(python(), script_and_call.c_str(),
                  fmt::format("{} {} {} {}", function, begin, input.range.end, input.seed));
}

PeerRun darts(const PeerInput& input) { return compiled("darts", input); }
PeerRun count_primes(const PeerInput& input) { return compiled("count_primes", input); }

const RegisterPeer registered{{
    .name = "numba",
    .what = "loops in Python, compiled",
    .look = look,
    // Its compiler takes a second in each new process.
    .methods = {{PeerTask::darts, "numba_loop", false, false, darts, true},
                {PeerTask::darts_53, "numba_loop", false, false, darts, true},
                {PeerTask::count_primes, "numba_trial", false, false, count_primes, true}},
}};

}  // namespace
}  // namespace parlab
