#pragma once

// A worker of a manager's pool: a process that the manager forks, and a socket to it. One chunk at
// a time goes there as a frame of CBOR, and comes back as the outcomes of its items.

#include <atomic>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "kernels/sharing/manager/pool/managed_functions.hpp"
#include "kernels/sharing/manager/server/client_session.hpp"

namespace parlab {

/// What came of an item, as it travels to whoever asks: {"value": v}, {"type": t, "what": text} for
/// what it threw, {"signal": s, "index": i, "what": text} where its worker died, {"refused": text}.
namespace pool_outcome {
nlohmann::json died(const ExitStatus& status, std::uint64_t item);
nlohmann::json refused(const std::string& why);
}  // namespace pool_outcome

struct PoolMessage {
  std::string function;
  bool spread;               // each item is a list of arguments
  std::uint64_t first_item;  // index within the whole call
  nlohmann::json items;
};

class PoolProcess {
 public:
  /// Forks. Calls `initializer`, where it is not empty, before the first chunk. Throws
  /// std::system_error where no process, descriptor or memory is left.
  PoolProcess(const ManagedFunctionTable& functions, const std::string& initializer);

  int socket() const { return link_->fd(); }
  /// Becomes readable when the process ends.
  int ended_fd() const { return child_->ended_fd(); }

  /// False where the process is gone.
  bool send(const PoolMessage& message);
  bool flush() { return link_->flush(); }
  bool has_unsent() const { return link_->has_unsent(); }

  /// Whether bytes have come that were not read.
  bool has_unread() const;
  /// Reads what has come; false at its end.
  bool receive() { return link_->receive(); }
  /// The next message: {"ready": true}, {"failed": text} of the initializer, or an array of
  /// outcomes. None where it has not all come. Throws std::invalid_argument for what is none.
  std::optional<nlohmann::json> take_message();

  /// Lets it end when it has done what it is at.
  void hang_up();
  void signal(int number) const { child_->signal(number); }
  ExitStatus wait() { return child_->wait(); }
  /// The item that it was at last.
  std::uint64_t item() const { return place().load(); }

 private:
  std::atomic<std::uint64_t>& place() const {
    return *reinterpret_cast<std::atomic<std::uint64_t>*>(place_.data());
  }

  SharedMapping place_;
  std::optional<ServerConnection> link_;
  std::optional<ChildProcess> child_;
};

}  // namespace parlab
