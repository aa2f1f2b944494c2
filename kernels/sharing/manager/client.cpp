#include "kernels/sharing/manager/client.hpp"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "kernels/errors.hpp"
#include "kernels/sharing/manager/client_connection.hpp"
#include "kernels/sharing/manager/client_processes.hpp"
#include "kernels/sharing/manager/greeting.hpp"

namespace parlab {

using nlohmann::json;

/// What all threads of a process share. Guarded by client_processes::lock().
class ManagerClient::State {
 public:
  State(ManagerAddress address, ClientOptions options)
      : address_(std::move(address)), options_(std::move(options)) {
    open_session();
    longest_message_ = keeper_->longest_message();
  }

  ClientConnection& connection();
  const ManagerAddress& address() const { return address_; }
  std::uint64_t longest_message() const { return longest_message_; }

  void add_held(std::uint64_t object) {
    const std::scoped_lock held(client_processes::lock());
    ++held_[object];
  }
  /// Whether the manager has to be told: not in a child that never spoke with it.
  bool remove_held(std::uint64_t object) {
    const std::scoped_lock held(client_processes::lock());
    if (--held_[object] == 0) held_.erase(object);
    return generation_ == client_processes::generation() && keeper_->usable();
  }

 private:
  /// Keeps the session while threads come and go.
  void open_session() {
    keeper_ = std::make_unique<ClientConnection>(address_, options_);
    generation_ = client_processes::generation();
    session_.clear();
    for (const std::uint8_t byte : fresh_nonce()) session_ += fmt::format("{:02x}", byte);
    join_session(*keeper_);
    // A forked child has its own share in what its parent held. What is gone by now is found out
    // when it is called.
    for (const auto& [object, count] : held_)
      for (std::uint64_t i = 0; i < count; ++i)
        keeper_->call(0, "hold", to_bytes(object), std::nullopt);
  }
  void join_session(ClientConnection& connection) const {
    connection.call(0, "session", to_bytes(session_), std::nullopt);
  }

  ManagerAddress address_;
  ClientOptions options_;
  std::uint64_t longest_message_ = 0;
  std::uint64_t generation_ = 0;
  std::string session_;
  std::map<std::uint64_t, std::uint64_t> held_;
  std::unique_ptr<ClientConnection> keeper_;
  std::shared_ptr<void> token_ = std::make_shared<char>();  // gone with this object
};

namespace {

/// A thread's connections, one a client. The client's end is seen by the weak pointer.
struct Own {
  std::weak_ptr<void> client;
  const void* state;
  std::unique_ptr<ClientConnection> connection;
};
thread_local std::vector<Own> own_connections;

}  // namespace

ClientConnection& ManagerClient::State::connection() {
  for (Own& own : own_connections)
    if (own.state == this && own.connection->usable() && !own.client.expired())
      return *own.connection;
  std::erase_if(own_connections,
                [&](const Own& own) { return own.client.expired() || !own.connection->usable(); });
  try {
    const std::scoped_lock held(client_processes::lock());
    if (generation_ != client_processes::generation()) open_session();
    auto connection = std::make_unique<ClientConnection>(address_, options_);
    join_session(*connection);
    own_connections.push_back({token_, this, std::move(connection)});
  } catch (const std::system_error&) {
    throw ManagerDied(fmt::format("the manager at {} is gone", address_.text()));
  }
  return *own_connections.back().connection;
}

ManagerClient ManagerClient::connect(std::string_view address, ClientOptions options) {
  const ManagerAddress place = ManagerAddress::parse(address);
  try {
    return ManagerClient(std::make_shared<State>(place, std::move(options)));
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("no manager listens at {}: {}; start one, or mend the address",
                                 place.text(), error.code().message()));
  }
}

const ManagerAddress& ManagerClient::address() const { return state_->address(); }
std::uint64_t ManagerClient::longest_message() const { return state_->longest_message(); }

std::optional<std::string> ManagerClient::call(std::uint64_t object, std::string_view method,
                                               std::string_view arguments,
                                               CallTimeout timeout) const {
  return state_->connection().call(object, method, arguments, timeout);
}

std::shared_ptr<const ManagerClient::Held> ManagerClient::make(std::string_view type,
                                                               std::string_view initial,
                                                               std::string_view name) const {
  const json request = {
      {"type", type}, {"name", name}, {"initial", json::binary({initial.begin(), initial.end()})}};
  const json object = from_bytes(*call(0, "make", to_bytes(request)));
  return std::make_shared<const Held>(*this, object.get<std::uint64_t>());
}

std::shared_ptr<const ManagerClient::Held> ManagerClient::hold(std::uint64_t object) const {
  if (!from_bytes(*call(0, "hold", to_bytes(object))).get<bool>())
    throw ManagerError(fmt::format("the manager has no object {}: nobody held it", object));
  return std::make_shared<const Held>(*this, object);
}

ManagerClient::Held::Held(ManagerClient client, std::uint64_t object)
    : client_(std::move(client)), object_(object) {
  client_.state_->add_held(object_);
}

ManagerClient::Held::~Held() {
  if (!client_.state_->remove_held(object_)) return;
  try {
    client_.call(0, "drop", to_bytes(object_));
  } catch (const std::exception&) {  // gone, and the object with it
  }
}

}  // namespace parlab
