#pragma once

// What is shared, and over which distance: each task is done by a thread, by another process, and by
// servers that are ever farther away.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/sharing/distance/network_namespaces.hpp"
#include "kernels/sharing/redis/redis_server.hpp"

namespace parlab {

/// Servers and hosts that a run has; made before its arms are forked.
struct DistanceServers {
  std::shared_ptr<NetworkNamespaces> hosts;
  std::shared_ptr<RedisServer> redis, redis_tls, redis_veth;
};

/// Between those who share.
struct Distance {
  const char* name;  // "manager_veth"
  const char* what;
  /// Why it cannot be had here; "" where it can.
  std::string (*why_not)();
  /// Starts what its arms need.
  void (*prepare)(DistanceServers& servers);
};
/// From near to far.
const std::vector<Distance>& distances();
const Distance& distance_named(const std::string& name);

struct DistanceTask {
  const char* name;
  const char* what;
  std::uint64_t size;  // a run
  const char* unit;
  std::uint64_t expected;  // every answer
  /// None where the task makes no sense over that distance.
  OpenedArm (*open)(const std::string& distance, const DistanceServers& servers,
                    std::uint64_t size);
  std::vector<std::string> without;  // distances
};
const std::vector<DistanceTask>& distance_tasks();

}  // namespace parlab
