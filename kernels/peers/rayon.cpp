// rayon, data parallelism in Rust: the loops of rayon/src/lib.rs.

#include "kernels/peers/peer.hpp"

#ifdef PARLAB_HAS_RAYON
#include <cstddef>
#include <memory>
#include <stdexcept>

struct RayonPool;  // rayon::ThreadPool
extern "C" {
RayonPool* parlab_rayon_begin(std::size_t workers);
void parlab_rayon_end(RayonPool* pool);
std::uint64_t parlab_rayon_darts(const RayonPool* pool, std::uint64_t begin, std::uint64_t end,
                                 std::uint64_t seed);
std::uint64_t parlab_rayon_primes(const RayonPool* pool, std::uint64_t begin, std::uint64_t end);
}
#endif

namespace parlab {
namespace {

#ifdef PARLAB_HAS_RAYON

/// Kept over all runs, as parlab's own workers are.
std::shared_ptr<const RayonPool> pool_of(int workers) {
  RayonPool* const pool = parlab_rayon_begin(static_cast<std::size_t>(workers));
  if (pool == nullptr) throw std::runtime_error("rayon: no threads could be started");
  return {pool, parlab_rayon_end};
}

PeerRun darts(const PeerInput& input) {
  return [pool = pool_of(input.workers), range = input.range, seed = input.seed] {
    return parlab_rayon_darts(pool.get(), range.begin, range.end, seed);
  };
}
PeerRun count_primes(const PeerInput& input) {
  return [pool = pool_of(input.workers), range = input.range] {
    return parlab_rayon_primes(pool.get(), range.begin, range.end);
  };
}

#endif

const RegisterPeer registered{{
    .name = "rayon",
    .what = "parallel iterators in Rust",
#ifdef PARLAB_HAS_RAYON
    .look =
        [] {
          return PeerState{PARLAB_HAS_RAYON, ""};
        },
    .methods = {{PeerTask::darts, "rayon_xoshiro", true, false, darts, true},
                {PeerTask::darts_53, "rayon_xoshiro", true, false, darts, true},
                {PeerTask::count_primes, "rayon_sieve", true, false, count_primes, true}},
#elif defined(PARLAB_CARGO_FAILED)
    .look =
        [] {
          return PeerState{"",
                           "not built: cargo failed, rayon/cargo.log in the build's folder says "
                           "why; install librust-rayon-dev and librust-rand-xoshiro-dev"};
        },
    .methods = {},
#else
    .look = [] { return not_built("cargo librust-rayon-dev librust-rand-xoshiro-dev"); },
    .methods = {},
#endif
}};

}  // namespace
}  // namespace parlab
