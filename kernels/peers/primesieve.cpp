// primesieve by K. Walisch, the fastest sieve that one can install.

#include "kernels/peers/peer.hpp"

#ifdef PARLAB_HAS_PRIMESIEVE
#include <primesieve.hpp>
#endif

namespace parlab {
namespace {

#ifdef PARLAB_HAS_PRIMESIEVE

PeerRun count_primes(const PeerInput& input) {
  primesieve::set_num_threads(input.workers);
  return [range = input.range]() -> std::uint64_t {
    return range.empty() ? 0 : primesieve::count_primes(range.begin, range.end - 1);
  };
}

PeerRun list_primes(const PeerInput& input) {
  return [range = input.range, primes = std::vector<std::uint64_t>()]() mutable -> std::uint64_t {
    primes.clear();
    if (!range.empty()) primesieve::generate_primes(range.begin, range.end - 1, &primes);
    return mark_of(primes);
  };
}

#endif

const RegisterPeer registered{{
    .name = "primesieve",
    .what = "sieve of Eratosthenes in C++",
#ifdef PARLAB_HAS_PRIMESIEVE
    .look =
        [] {
          return PeerState{primesieve::primesieve_version(), ""};
        },
    .methods = {{PeerTask::count_primes, "primesieve", true, false, count_primes},
                {PeerTask::list_primes, "primesieve", false, false, list_primes}},
#else
    .look = [] { return not_built("libprimesieve-dev"); },
    .methods = {},
#endif
}};

}  // namespace
}  // namespace parlab
