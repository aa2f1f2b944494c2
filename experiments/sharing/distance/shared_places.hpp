#pragma once

// The two servers, at each distance, as an arm sees them.

#include <memory>
#include <string>

#include "experiments/sharing/distance/distance_task.hpp"
#include "kernels/sharing/manager/manager.hpp"

namespace parlab {

/// A manager of the arm's own, and its client here.
class DistantManager {
 public:
  /// `distance`: manager, manager_tls or manager_veth, where the arm is then on the near host.
  DistantManager(const std::string& distance, const DistanceServers& servers);
  const ManagerClient& client() const { return *client_; }
  /// In a forked child: a client that is where the manager is.
  ManagerClient client_beside() const;

 private:
  std::shared_ptr<NetworkNamespaces> hosts_;  // none: all on this machine
  std::string key_;
  std::unique_ptr<Manager> manager_;
  std::optional<ManagerClient> client_;
};

/// How the server of that distance (redis, redis_tls, redis_veth) is reached; the arm is then where
/// it is reached from.
RedisAddress distant_redis(const std::string& distance, const DistanceServers& servers);

}  // namespace parlab
