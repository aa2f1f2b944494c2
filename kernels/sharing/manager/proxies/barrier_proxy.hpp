#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/manager/proxies/manager_proxy.hpp"

namespace parlab {

struct BarrierOptions {
  /// Done by the party that came last, in its process, before any is let go. What it throws, or its
  /// death, breaks the barrier.
  std::function<void()> action = {};
  /// For a wait() without a deadline.
  std::chrono::duration<double> timeout{std::numeric_limits<double>::infinity()};
};

/// Where so many parties wait until all have come, again and again. A party that dies while it
/// waits has not come: another may come in its place, and a deadline breaks the barrier for all.
class ManagedBarrier : public Proxy {
 public:
  explicit ManagedBarrier(std::shared_ptr<const ManagerClient::Held> held,
                          BarrierOptions options = {});

  /// Returns 0 to parties - 1, each to one of them, in the order in which they came. Throws
  /// BrokenBarrier where it is broken, also by this wait's deadline; and what the action throws.
  std::uint64_t wait(Deadline deadline) const;
  std::uint64_t wait() const { return wait(options_->timeout); }
  /// Breaks it: all who wait, and all who come, get BrokenBarrier, until reset().
  void abort() const { call("abort"); }
  /// As new; those who wait get BrokenBarrier.
  void reset() const { call("reset"); }
  bool broken() const { return call("broken"); }
  std::uint64_t parties() const { return call("parties"); }
  std::uint64_t waiting() const { return call("waiting"); }

 private:
  std::shared_ptr<const BarrierOptions> options_;
};

/// Makes or finds a barrier. Each client that finds one with an action brings the action itself.
ManagedBarrier managed_barrier(const ManagerClient& client, WholeNumber parties,
                               BarrierOptions options = {}, const std::string& name = {});

}  // namespace parlab
