// Random123, the counter-based generators' own library, in the loop that its manual shows.

#include "kernels/peers/peer.hpp"

#ifdef PARLAB_HAS_RANDOM123
#include <Random123/philox.h>
#include <Random123/threefry.h>

#include "kernels/numerics/darts/monte_carlo.hpp"
#endif

namespace parlab {
namespace {

#ifdef PARLAB_HAS_RANDOM123

/// Two darts a block, and the same words as parlab's: the counts are equal.
PeerRun philox(const PeerInput& input) {
  return [darts = input.range, seed = input.seed] {
    const philox4x32_key_t key = {
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
    std::uint64_t inside = 0;
    for (std::uint64_t dart = darts.begin; dart < darts.end;) {
      const std::uint64_t block = dart / 2;
      const philox4x32_ctr_t counter = {
          {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0}};
      const philox4x32_ctr_t words = philox4x32(counter, key);
      if (dart % 2 == 0) {
        inside += inside_quarter_circle(words.v[0], words.v[1]) ? 1 : 0;
        if (++dart == darts.end) break;
      }
      inside += inside_quarter_circle(words.v[2], words.v[3]) ? 1 : 0;
      ++dart;
    }
    return inside;
  };
}

/// Four darts a block; whole blocks only, so it throws up to three more.
PeerRun threefry(const PeerInput& input) {
  return [darts = input.range, seed = input.seed] {
    const threefry4x64_key_t key = {{seed, 0, 0, 0}};
    std::uint64_t inside = 0;
    for (std::uint64_t dart = darts.begin; dart < darts.end; dart += 4) {
      const threefry4x64_ctr_t counter = {{dart / 4, 0, 0, 0}};
      const threefry4x64_ctr_t words = threefry4x64(counter, key);
      for (const std::uint64_t word : words.v)
        inside += inside_quarter_circle(static_cast<std::uint32_t>(word),
                                        static_cast<std::uint32_t>(word >> 32))
                      ? 1
                      : 0;
    }
    return inside;
  };
}

#endif

const RegisterPeer registered{{
    .name = "Random123",
    .what = "counter-based random numbers in C",
#ifdef PARLAB_HAS_RANDOM123
    .look =
        [] {
          return PeerState{"headers", ""};  // they name no version
        },
    .methods = {{PeerTask::darts, "random123_philox", false, true, philox},
                {PeerTask::darts, "random123_threefry", false, false, threefry}},
#else
    .look = [] { return not_built("librandom123-dev"); },
    .methods = {},
#endif
}};

}  // namespace
}  // namespace parlab
