#include "kernels/sharing/manager/client/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/sharing/manager/client/client_connection.hpp"
#include "kernels/sharing/manager/client/client_processes.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"

namespace parlab {

using nlohmann::json;

/// What all threads of a process share.
class ManagerClient::State {
 public:
  State(ManagerAddress address, ClientOptions options)
      : address_(std::move(address)), options_(std::move(options)) {
    open_session();
    max_message_bytes_ = keeper_->max_message_bytes();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  ClientConnection& connection();
  bool connected() const;
  const ManagerAddress& address() const { return address_; }
  std::uint64_t max_message_bytes() const { return max_message_bytes_; }

  void add_held(std::uint64_t object) {
    const RecursiveMutexLock held(client_processes::lock());
    ++held_[object];
  }
  /// Whether the manager has to be told: not in a child that never spoke with it.
  bool remove_held(std::uint64_t object) {
    const RecursiveMutexLock held(client_processes::lock());
    if (--held_[object] == 0) held_.erase(object);
    return generation_ == client_processes::generation() && keeper_->usable();
  }

 private:
  /// Keeps the session while threads come and go.
  void open_session() PARLAB_REQUIRES(client_processes::lock()) {
    auto keeper = std::make_unique<ClientConnection>(address_, options_);
    session_ = to_hex(fresh_nonce());
    join_session(*keeper);
    // A forked child has its own share in what its parent held. What is gone by now is found out
    // when it is called.
    for (const auto& [object, count] : held_)
      for (std::uint64_t i = 0; i < count; ++i) keeper->call(0, "hold", to_bytes(object));
    keeper_ = std::move(keeper);
    generation_ = client_processes::generation();  // last: where anything threw, it is tried again
  }
  /// Throws ManagerDied where another manager has the address by now: its objects are not those
  /// that our proxies mean.
  void join_session(ClientConnection& connection) PARLAB_REQUIRES(client_processes::lock()) {
    const std::string manager = *connection.call(0, "session", to_bytes(session_));
    if (manager_.empty()) manager_ = manager;
    if (manager != manager_)
      throw ManagerDied(
          fmt::format("the manager at {} is gone: another one is there now", address_.text()));
  }

  ManagerAddress address_;
  ClientOptions options_;
  std::uint64_t max_message_bytes_ = 0;
  std::uint64_t generation_ PARLAB_GUARDED_BY(client_processes::lock()) = 0;
  std::string session_ PARLAB_GUARDED_BY(client_processes::lock());
  /// What it calls itself.
  std::string manager_ PARLAB_GUARDED_BY(client_processes::lock());
  std::map<std::uint64_t, std::uint64_t> held_ PARLAB_GUARDED_BY(client_processes::lock());
  std::unique_ptr<ClientConnection> keeper_ PARLAB_GUARDED_BY(client_processes::lock());
  std::shared_ptr<void> token_ = std::make_shared<char>();  // gone with this object
};

namespace {

/// A thread's connections, one a client. The client's end is seen by the weak pointer.
struct Own {
  std::weak_ptr<void> client;
  const void* state;
  std::unique_ptr<ClientConnection> connection;
};

/// By a pointer, made on demand: a static object's destructor may call after the thread's objects
/// are gone.
thread_local std::vector<Own>* own_connections = nullptr;

std::vector<Own>& make_own_connections() {
  struct End {
    ~End() { delete std::exchange(own_connections, nullptr); }
  };
  thread_local const End end;
  if (!own_connections) own_connections = new std::vector<Own>;
  return *own_connections;
}

}  // namespace

ClientConnection& ManagerClient::State::connection() {
  std::vector<Own>& all = make_own_connections();
  for (Own& own : all)
    if (own.state == this && own.connection->usable() && !own.client.expired())
      return *own.connection;
  std::erase_if(all,
                [&](const Own& own) { return own.client.expired() || !own.connection->usable(); });
  try {
    const RecursiveMutexLock held(client_processes::lock());
    if (generation_ != client_processes::generation()) open_session();
    auto connection = std::make_unique<ClientConnection>(address_, options_);
    join_session(*connection);
    all.push_back({token_, this, std::move(connection)});
  } catch (const std::system_error&) {
    throw ManagerDied(fmt::format("the manager at {} is gone", address_.text()));
  } catch (const UsageError& error) {  // it was one when this client was made
    throw ManagerDied(fmt::format("the manager at {} is gone: {}", address_.text(), error.what()));
  }
  return *all.back().connection;
}

bool ManagerClient::State::connected() const {
  return own_connections && std::ranges::any_of(*own_connections, [&](const Own& own) {
           return own.state == this && own.connection->usable() && !own.client.expired();
         });
}

/// Other threads' connections end with them, or when they next call a manager.
ManagerClient::State::~State() {
  if (own_connections)
    std::erase_if(*own_connections, [&](const Own& own) { return own.state == this; });
}

ManagerClient ManagerClient::connect(std::string_view address, ClientOptions options) {
  const ManagerAddress place = ManagerAddress::parse(address);
  try {
    return ManagerClient(std::make_shared<State>(place, std::move(options)));
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("no manager listens at {}: {}; start one, or correct the address",
                                 place.text(), error.code().message()));
  }
}

const ManagerAddress& ManagerClient::address() const { return state_->address(); }
std::uint64_t ManagerClient::max_message_bytes() const { return state_->max_message_bytes(); }

std::optional<std::string> ManagerClient::call(std::uint64_t object, std::string_view method,
                                               std::string_view arguments,
                                               Deadline deadline) const {
  return state_->connection().call(object, method, arguments, deadline);
}

bool ManagerClient::connected() const { return state_->connected(); }

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
    throw ManagerError(
        fmt::format("the manager has no object {}: it was dropped with its last proxy", object));
  return std::make_shared<const Held>(*this, object);
}

ManagerClient::Held::Held(ManagerClient client, std::uint64_t object)
    : client_(std::move(client)), object_(object) {
  client_.state_->add_held(object_);
}

ManagerClient::Held::~Held() {
  if (!client_.state_->remove_held(object_)) return;
  try {
    client_.call(0, "drop", to_bytes(object_), std::chrono::seconds(0));
  } catch (const std::exception&) {  // gone, and the object with it
  }
}

}  // namespace parlab
