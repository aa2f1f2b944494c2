// FLINT, the Fast Library for Number Theory: its primality test of one word.

#include "kernels/peers/peer.hpp"

#ifdef PARLAB_HAS_FLINT
#include <flint/flint.h>
#include <flint/ulong_extras.h>
#endif

namespace parlab {
namespace {

#ifdef PARLAB_HAS_FLINT

PeerRun decide(const PeerInput& input) {
  return [numbers = input.numbers] {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (n_is_prime(numbers[i]) != 0) sum += i + 1;
    return sum;
  };
}

#endif

const RegisterPeer registered{{
    .name = "FLINT",
    .what = "number theory in C",
#ifdef PARLAB_HAS_FLINT
    .look =
        [] {
          return PeerState{FLINT_VERSION, ""};
        },
    .methods = {{PeerTask::decide, "FLINT", false, false, decide}},
#else
    .look = [] { return not_built("libflint-dev"); },
    .methods = {},
#endif
}};

}  // namespace
}  // namespace parlab
