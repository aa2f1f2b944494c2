#include "kernels/peers/peer.hpp"

#include <fmt/format.h>

#include <utility>

#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

Registry<Peer>& registry() {
  static Registry<Peer> peers;
  return peers;
}

}  // namespace

RegisterPeer::RegisterPeer(Peer peer) { registry().add(std::move(peer)); }

const std::vector<Peer>& peers() { return registry().all(); }

PeerState not_built(const char* package) {
  return {"", fmt::format("not built: install {}, then make build", package)};
}

}  // namespace parlab
