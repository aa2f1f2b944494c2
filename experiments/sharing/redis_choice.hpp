#pragma once

// Which Redis server an experiment talks to: the one that --redis names, or a private one that
// lives as long as the experiment.

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "kernels/sharing/redis/redis.hpp"
#include "kernels/sharing/redis/redis_server.hpp"

namespace parlab {

class RedisChoice {
 public:
  void add_options(CLI::App& app);

  /// Why there is no Redis here; empty where there is.
  static std::string why_not();

  /// Makes sure that there is a server. Throws UsageError or RedisError. To be called before any
  /// thread or arm exists.
  void prepare();
  RedisAddress address() const;

 private:
  std::string words_, authorities_;
  std::shared_ptr<RedisServer> own_;
};

}  // namespace parlab
