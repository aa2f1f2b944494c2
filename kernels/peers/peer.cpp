#include "kernels/peers/peer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace parlab {
namespace {

std::vector<Peer>& registry() {
  static std::vector<Peer> peers;
  return peers;
}

}  // namespace

RegisterPeer::RegisterPeer(Peer peer) {
  registry().push_back(std::move(peer));
  std::ranges::sort(registry(), {}, &Peer::name);
}

const std::vector<Peer>& peers() { return registry(); }

PeerState not_built(const char* package) {
  return {"", fmt::format("not built: install {}, then make build", package)};
}

}  // namespace parlab
