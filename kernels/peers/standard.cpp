// What the language brings along: the engines of <random>, and the remainder of a division.

#include <random>

#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/peers/peer.hpp"

namespace parlab {
namespace {

template <class Engine>
PeerRun throw_darts(const PeerInput& input) {
  return [darts = input.range.size(), seed = input.seed] {
    Engine engine(seed);
    std::uniform_real_distribution<double> coordinate(0, 1);
    std::uint64_t inside = 0;
    for (std::uint64_t i = 0; i < darts; ++i) {
      const double x = coordinate(engine);
      const double y = coordinate(engine);
      inside += inside_unit_circle(x, y) ? 1 : 0;
    }
    return inside;
  };
}

PeerRun find_factor(const PeerInput& input) {
  return [n = input.numbers[0], range = input.range]() -> std::uint64_t {
    for (std::uint64_t divisor = range.begin | 1; divisor < range.end; divisor += 2)
      if (n % divisor == 0) return divisor;
    return 0;
  };
}

const RegisterPeer registered{{
    .name = "C++",
    .what = "engines of <random>, and the remainder %",
    .look =
        [] {
          return PeerState{std::to_string(__cplusplus), ""};
        },
    .methods = {{PeerTask::darts, "std_mt19937_64", false, false, throw_darts<std::mt19937_64>},
                {PeerTask::darts_53, "std_mt19937_64", false, false, throw_darts<std::mt19937_64>},
                {PeerTask::find_factor, "remainder", false, false, find_factor}},
}};

}  // namespace
}  // namespace parlab
