// Loops in Python, compiled by nobody: what one begins with.

#include <fmt/format.h>

#include "kernels/peers/python_peer.hpp"

namespace parlab {
namespace {

/// Functions of three whole numbers.
constexpr char script[] = R"(
import math
import random

def darts(begin, end, seed):
    random.seed(seed)
    inside = 0
    for _ in range(begin, end):
        x = random.uniform(0, 1)
        y = random.uniform(0, 1)
        if x * x + y * y < 1:
            inside += 1
    return inside

def is_prime(n):
    if n % 2 == 0 or n < 2:
        return n == 2
    for divisor in range(3, math.isqrt(n) + 1, 2):
        if n % divisor == 0:
            return False
    return True

def count_primes(begin, end, _):
    count = 0
    for n in range(begin, end):
        if is_prime(n):
            count += 1
    return count
)";

const FoundPython& python() {
  static const FoundPython found = find_python(
      "import platform, sys\nsys.stdin.readline()\n"
      "print(platform.python_version(), flush=True)\n");
  return found;
}

PeerState look() {
  if (!python().path.empty()) return {python().answer, ""};
  return {"", "there is no python3: install python3, or configure with -DPython_EXECUTABLE="};
}

PeerRun darts(const PeerInput& input) {
  return calls_of(python(), script,
                  fmt::format("darts {} {} {}", input.range.begin, input.range.end, input.seed));
}
PeerRun count_primes(const PeerInput& input) {
  return calls_of(python(), script,
                  fmt::format("count_primes {} {} 0", input.range.begin, input.range.end));
}

const RegisterPeer registered{{
    .name = "python",
    .what = "loops in Python, not compiled",
    .look = look,
    .methods = {{PeerTask::darts, "python_loop", false, false, darts, true},
                {PeerTask::darts_53, "python_loop", false, false, darts, true},
                {PeerTask::count_primes, "python_trial", false, false, count_primes, true}},
}};

}  // namespace
}  // namespace parlab
