#include "experiments/sharing/distance/shared_places.hpp"

#include "kernels/sharing/hosts/fresh_nonce.hpp"

namespace parlab {

DistantManager::DistantManager(const std::string& distance, const DistanceServers& servers) {
  if (distance == "manager") {
    manager_ = std::make_unique<Manager>();
    client_ = manager_->client();
    return;
  }
  key_ = to_hex(fresh_nonce());
  if (distance == "manager_tls") {
    manager_ = std::make_unique<Manager>(ManagerOptions{.address = "tls:127.0.0.1:0", .key = key_});
    client_ = manager_->client();
    return;
  }
  hosts_ = servers.hosts;
  hosts_->enter_far();
  manager_ = std::make_unique<Manager>(ManagerOptions{
      .address = std::string("tls:") + NetworkNamespaces::far_address + ":0", .key = key_});
  hosts_->enter_near();
  client_ = ManagerClient::connect(manager_->address(), {.key = key_});
}

ManagerClient DistantManager::client_beside() const {
  if (hosts_) hosts_->enter_far();
  return ManagerClient::connect(manager_->address(), {.key = key_});
}

RedisAddress distant_redis(const std::string& distance, const DistanceServers& servers) {
  if (distance == "redis") return servers.redis->address();
  if (distance == "redis_tls") return servers.redis_tls->address();
  servers.hosts->enter_near();
  return servers.redis_veth->address();
}

}  // namespace parlab
