// numpy, in a Python that stands by: what a careful user writes, in blocks that stay in the cache
// and into arrays that are made once.

#include <fmt/format.h>

#include "kernels/peers/python_peer.hpp"

namespace parlab {
namespace {

/// Functions of three whole numbers.
constexpr char script[] = R"(
import numpy as np

BLOCK = 1 << 14  # darts; two coordinates of 8 bytes each stay in the second-level cache

def darts(begin, end, seed):
    random = np.random.Generator(np.random.PCG64(seed))
    points = np.empty((2, BLOCK))
    inside = 0
    for at in range(begin, end, BLOCK):
        if end - at < BLOCK:
            points = np.empty((2, end - at))
        random.random(out=points)
        np.multiply(points, points, out=points)
        np.add(points[0], points[1], out=points[0])
        inside += np.count_nonzero(points[0] < 1)
    return inside

def count_primes(begin, end, _):
    if end <= 3:
        return int(begin <= 2 < end)
    odd = np.ones(end // 2, dtype=bool)  # odd[i] is 2 i + 1
    odd[0] = False
    for i in range(1, int(end ** 0.5) // 2 + 1):
        if odd[i]:
            odd[2 * i * (i + 1)::2 * i + 1] = False
    return int(begin <= 2) + int(np.count_nonzero(odd[begin // 2:]))

def find_factor(number, end, begin):
    for at in range(begin | 1, end, 1 << 16):
        divisors = np.arange(at, min(end, at + (1 << 16)), 2, dtype=np.uint64)
        hits = np.flatnonzero(np.uint64(number) % divisors == 0)
        if hits.size:
            return int(divisors[hits[0]])
    return 0

KEYS = {}  # of each number of keys and bins, made once

def keys_of(count, bins):
    mixed = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ mixed >> np.uint64(32)) * np.uint64(0xD6E8FEB86659FD93)
    fraction = (mixed ^ mixed >> np.uint64(32)) >> np.uint64(32)
    return (fraction * np.uint64(bins) >> np.uint64(32)).astype(np.intp)  # as bincount takes them

def count_keys(count, bins, _):
    if (count, bins) not in KEYS:
        KEYS[count, bins] = keys_of(count, bins)
    counts = np.bincount(KEYS[count, bins], minlength=bins).astype(np.uint64)
    return int((counts * np.arange(1, 2 * bins, 2, dtype=np.uint64)).sum())
)";

/// One that has numpy, whose version it answers.
const FoundPython& python() {
  static const FoundPython found = python_with("numpy");
  return found;
}

PeerState look() {
  return state_of(
      python(), "no python3 has it: install python3-numpy, or configure with -DPython_EXECUTABLE=");
}

PeerRun asked(const std::string& call) { return calls_of(python(), script, call); }

PeerRun darts(const PeerInput& input) {
  return asked(fmt::format("darts {} {} {}", input.range.begin, input.range.end, input.seed));
}
PeerRun count_primes(const PeerInput& input) {
  return asked(fmt::format("count_primes {} {} 0", input.range.begin, input.range.end));
}
PeerRun find_factor(const PeerInput& input) {
  return asked(
      fmt::format("find_factor {} {} {}", input.numbers[0], input.range.end, input.range.begin));
}
PeerRun count_keys(const PeerInput& input) {
  return asked(fmt::format("count_keys {} {} 0", input.range.size(), input.numbers[0]));
}

const RegisterPeer registered{{
    .name = "numpy",
    .what = "arrays in Python",
    .look = look,
    .methods = {{PeerTask::darts, "numpy_pcg64", false, false, darts},
                {PeerTask::darts_53, "numpy_pcg64", false, false, darts},
                {PeerTask::count_primes, "numpy", false, false, count_primes, true},
                {PeerTask::find_factor, "numpy", false, false, find_factor, true},
                {PeerTask::count_keys, "numpy_bincount", false, false, count_keys}},
}};

}  // namespace
}  // namespace parlab
