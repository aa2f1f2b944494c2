#include "kernels/sharing/manager/barrier_proxy.hpp"

#include <exception>
#include <utility>

#include "kernels/sharing/manager/wire.hpp"

namespace parlab {
namespace {

std::uint64_t place_in(const ManagedData& answer) {
  if (!answer.is_number())
    throw BrokenBarrier("the barrier is broken: a party gave up, or failed, or it was reset");
  return answer.get<std::uint64_t>();
}

}  // namespace

ManagedBarrier::ManagedBarrier(std::shared_ptr<const ManagerClient::Held> held,
                               BarrierOptions options)
    : Proxy(std::move(held)),
      options_(std::make_shared<const BarrierOptions>(std::move(options))) {}

std::uint64_t ManagedBarrier::wait(Deadline deadline) const {
  const bool can_act = static_cast<bool>(options_->action);
  const std::optional<ManagedData> answer = try_call("wait", can_act, deadline);
  if (!answer) throw BrokenBarrier("the barrier is broken: not all came by the deadline");
  if (!answer->is_object()) return place_in(*answer);
  try {
    options_->action();
  } catch (...) {
    try {
      call("acted", false);
    } catch (const std::exception&) {  // what the action threw says more
    }
    throw;
  }
  return place_in(call("acted", true));
}

ManagedBarrier managed_barrier(const ManagerClient& client, WholeNumber parties,
                               BarrierOptions options, const std::string& name) {
  [[maybe_unused]] const Deadline checked(options.timeout);
  const bool has_action = static_cast<bool>(options.action);
  const ManagedData arguments = ManagedData::array({parties.value(), has_action});
  return ManagedBarrier(client.make("Barrier", to_bytes(arguments), name), std::move(options));
}

}  // namespace parlab
