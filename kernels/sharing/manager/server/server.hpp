#pragma once

// The process of a manager: one thread, one epoll, every client's calls in the order they come.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/sharing/manager/objects/object_store.hpp"
#include "kernels/sharing/manager/server/client_session.hpp"

namespace parlab {

struct ServerSettings {
  std::optional<TlsContext> tls = {};  // of its side; none: in clear
  std::string key;                     // empty: whoever the kernel says is the same user
  std::uint64_t max_message_bytes = 256ULL << 20;  // bytes
  std::chrono::microseconds spin{0};  // looks for the next request so long before it sleeps
};

class ManagerServer final : public ServedHost {
 public:
  /// Takes over `listener`. `parent` is a pidfd: the server ends with that process.
  ManagerServer(FileDescriptor listener, int parent, ServerSettings settings, ServedTypes types);
  /// Until the parent ends, or SIGTERM, which must be blocked. Then the workers of its pools have
  /// ended too.
  void run();

  ServedObject& object(std::uint64_t number) override;
  void watch(int fd, std::function<void(std::uint32_t)> ready) override;
  void watch_out(int fd, bool also_out) override;
  void unwatch(int fd) override;

 private:
  void serve_until_end();
  bool serve_last();
  void accept_all();
  void admit(ServerConnection& connection);
  void secure(ServerConnection& connection);
  void greet(ServerConnection& connection);
  void check_response(ServerConnection& connection);
  void read(ServerConnection& connection);
  void call(ServerConnection& connection, WaitingCall call);
  bool attempt(ServerConnection& connection, const WaitingCall& call, ObjectStore::Entry& entry);
  std::string call_manager(ServerConnection& connection, const WaitingCall& call);
  void give_up(ServerConnection& connection, const WaitingCall& call);
  void wake(ObjectStore::Entry& entry);
  void wake_changed();
  void reply(ServerConnection& connection, CallStatus status, std::string_view bytes);
  void watch(ServerConnection& connection);
  void expire();
  int next_deadline() const;
  void close_broken();
  void close(ServerConnection& connection);
  void refill_auth_tokens();
  void take_auth_token();

  struct Watcher {
    int fd;
    std::function<void(std::uint32_t)> ready;
  };

  FileDescriptor listener_;
  FileDescriptor poll_;
  int parent_;
  FileDescriptor end_signal_;
  bool ends_ = false;
  ServerSettings settings_;
  std::string name_ = to_hex(fresh_nonce());  // tells this manager from any other at its address
  std::map<std::uint64_t, std::shared_ptr<const Watcher>> watchers_;  // by their tag
  ObjectStore store_;  // after watchers_, which its objects end
  std::map<ConnectionId, std::unique_ptr<ServerConnection>> connections_;
  std::map<std::string, int> sessions_;  // connections of each
  std::vector<ConnectionId> broken_;
  std::vector<ConnectionId> not_admitted_;  // they wait until wrong keys are forgiven
  ConnectionId next_ = 2;
  ConnectionId last_ = 0;  // whose request came last
  double auth_tokens_;     // wrong keys that are answered at once
  std::chrono::steady_clock::time_point refilled_ = std::chrono::steady_clock::now();
  std::size_t waiting_ = 0;
};

}  // namespace parlab
