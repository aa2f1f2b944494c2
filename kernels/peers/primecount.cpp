// primecount by K. Walisch: how many primes there are below a number, without finding them, the
// fastest that one can install.

#include "kernels/peers/peer.hpp"

#ifdef PARLAB_HAS_PRIMECOUNT
#include <primecount.hpp>
#endif

namespace parlab {
namespace {

#ifdef PARLAB_HAS_PRIMECOUNT

PeerRun count_primes_below(const PeerInput& input) {
  primecount::set_num_threads(input.workers);
  return [end = input.range.end]() -> std::uint64_t {
    return end == 0
               ? 0
               : static_cast<std::uint64_t>(primecount::pi(static_cast<std::int64_t>(end - 1)));
  };
}

#endif

const RegisterPeer registered{{
    .name = "primecount",
    .what = "counts primes by a combinatorial method in C++",
#ifdef PARLAB_HAS_PRIMECOUNT
    .look =
        [] {
          return PeerState{primecount::primecount_version(), ""};
        },
    .methods = {{PeerTask::count_primes_below, "primecount", true, false, count_primes_below}},
#else
    .look = [] { return not_built("libprimecount-dev"); },
    .methods = {},
#endif
}};

}  // namespace
}  // namespace parlab
