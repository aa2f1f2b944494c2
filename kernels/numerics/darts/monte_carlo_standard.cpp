// mt19937_64, minstd_rand: what most programs use, an engine of <random> and a distribution.
//
// These engines have a state and no cheap jump, so a dart's number is not a position in the stream:
// a call seeds the engine with `seed` and draws darts.size() darts from its start. Hence not
// splittable: every call repeats the same darts, and the answer depends on the split.

#include <random>

#include "kernels/numerics/darts/monte_carlo.hpp"

namespace parlab {
namespace {

template <class Engine>
std::uint64_t count_inside(IndexRange darts, std::uint64_t seed) {
  Engine engine(seed);
  std::uniform_real_distribution<double> coordinate(0, 1);
  std::uint64_t inside = 0;
  for (std::uint64_t i = 0; i < darts.size(); ++i) {
    const double x = coordinate(engine);
    const double y = coordinate(engine);
    inside += x * x + y * y < 1;
  }
  return inside;
}

const RegisterDartVariant mersenne_twister{{
    .name = "mt19937_64",
    .what = "std::mt19937_64 and a distribution of <random>; not splittable",
    .splittable = false,
    .count_inside = count_inside<std::mt19937_64>,
    .generator = "mt19937_64",
    .precision = 53,
    .way = "scalar",
}};

const RegisterDartVariant minimal_standard{{
    .name = "minstd_rand",
    .what = "std::minstd_rand and a distribution of <random>; 31 bits of state; not splittable",
    .splittable = false,
    .count_inside = count_inside<std::minstd_rand>,
    .generator = "minstd_rand",
    .precision = 53,
    .way = "scalar",
}};

}  // namespace
}  // namespace parlab
