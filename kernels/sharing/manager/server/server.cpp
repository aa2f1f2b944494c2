#include "kernels/sharing/manager/server/server.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/spin.hpp"

namespace parlab {

using Clock = std::chrono::steady_clock;
namespace {

constexpr std::uint64_t listener_tag = 0;
constexpr std::uint64_t parent_tag = 1;

/// Wrong keys in a row that are refused at once; then one every tenth of a second, and others wait
/// for their greeting.
constexpr double auth_burst = 10;
constexpr double auth_tokens_per_second = 10;

/// Seconds in which a client has to answer the greeting.
constexpr auto max_greeting = std::chrono::seconds(10);

/// 34 years, which can be added to a time without overflow.
constexpr std::int64_t max_timeout_ms = 1LL << 40;

/// Clients that have not yet proved who they are, at the same time.
constexpr std::size_t max_unauthenticated_clients = 128;

}  // namespace

ManagerServer::ManagerServer(FileDescriptor listener, int parent, ServerSettings settings,
                             ServedTypes types)
    : listener_(std::move(listener)),
      poll_(epoll_create1(EPOLL_CLOEXEC)),
      parent_(parent),
      settings_(std::move(settings)),
      store_(std::move(types)),
      auth_tokens_(auth_burst) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = listener_tag}};
  bool watched = epoll_ctl(poll_.get(), EPOLL_CTL_ADD, listener_.get(), &event) == 0;
  event.data.u64 = parent_tag;
  watched = watched && epoll_ctl(poll_.get(), EPOLL_CTL_ADD, parent_, &event) == 0;
  if (!watched) throw std::system_error(errno, std::generic_category(), "cannot watch for clients");
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  end_signal_ = FileDescriptor(signalfd(-1, &ends, SFD_CLOEXEC));
  ManagerServer::watch(end_signal_.get(), [this](std::uint32_t) { ends_ = true; });
}

void ManagerServer::run() {
  serve_until_end();
  for (auto& [id, entry] : store_.entries()) entry.object->manager_ends();
}

void ManagerServer::serve_until_end() {
  std::array<epoll_event, 64> events{};
  while (!ends_) {
    int ready = 0;
    bool served = false;
    if (settings_.spin.count() > 0) {
      // Who called last is likely to call next: its socket is looked at without asking the others'.
      const auto has_come = [&] {
        served = serve_last();
        ready = epoll_wait(poll_.get(), events.data(), events.size(), 0);  // others have their turn
        return served || ready != 0;
      };
      spin_until(has_come, settings_.spin, calls_per_yield);
    }
    if (!served && ready == 0)
      ready = epoll_wait(poll_.get(), events.data(), events.size(), next_deadline());
    if (ready < 0 && errno != EINTR) return;
    for (int i = 0; i < ready; ++i) {
      const std::uint64_t tag = events[i].data.u64;
      if (tag == parent_tag) return;
      if (tag == listener_tag) {
        accept_all();
        continue;
      }
      if (const auto watcher = watchers_.find(tag); watcher != watchers_.end()) {
        const std::shared_ptr<const Watcher> kept = watcher->second;  // it may end itself
        kept->ready(events[i].events);
        wake_changed();
        close_broken();
        continue;
      }
      const auto found = connections_.find(tag);
      if (found == connections_.end()) continue;
      ServerConnection& connection = *found->second;
      last_ = tag;
      if ((events[i].events & EPOLLOUT) != 0 && !connection.flush()) connection.broken = true;
      if ((events[i].events & ~static_cast<unsigned>(EPOLLOUT)) != 0) read(connection);
      watch(connection);
      close_broken();
    }
    expire();
    close_broken();
  }
}

/// Reads from the connection that called last; false where nothing has come.
bool ManagerServer::serve_last() {
  const auto found = connections_.find(last_);
  if (found == connections_.end() || found->second->waiting) return false;
  ServerConnection& connection = *found->second;
  read(connection);
  if (!connection.has_received() && !connection.broken) return false;
  watch(connection);
  close_broken();
  return true;
}

void ManagerServer::accept_all() {
  for (;;) {
    FileDescriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
      // Out of descriptors: the client waits in the backlog; a pause, or this loop would spin.
      if (errno == EMFILE || errno == ENFILE) usleep(10'000);
      return;
    }
    const auto unauthenticated = static_cast<std::size_t>(
        std::ranges::count_if(connections_, [](const auto& one) { return !one.second->trusted; }));
    if (unauthenticated >= max_unauthenticated_clients) continue;  // closed
    ucred peer{};
    socklen_t length = sizeof peer;
    const bool local =
        getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.pid != 0;
    if (settings_.key.empty() && !(local && (peer.uid == getuid() || peer.uid == 0))) continue;
    const ConnectionId id = next_++;
    epoll_event event{.events = 0, .data = {.u64 = id}};
    if (epoll_ctl(poll_.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0) continue;
    auto made = std::make_unique<ServerConnection>(
        id,
        settings_.tls ? SecuredSocket(std::move(socket), *settings_.tls)
                      : SecuredSocket(std::move(socket)),
        settings_.max_message_bytes);
    ServerConnection& connection = *connections_.emplace(id, std::move(made)).first->second;
    admit(connection);
    watch(connection);
  }
}

void ManagerServer::read(ServerConnection& connection) {
  if (!connection.greeted) secure(connection);
  if (connection.greeted && !connection.receive()) connection.broken = true;
  if (!connection.broken && !connection.trusted) check_response(connection);
  while (!connection.broken && connection.trusted && !connection.waiting) {
    const std::size_t before = waiting_;
    std::optional<std::string> frame = connection.take_frame();
    if (!frame) break;
    std::string_view rest = *frame;
    RequestHead head{};
    if (!take_front(rest, head) || head.method_size > rest.size()) {
      // Where the next frame begins is known all the same, and the client may hold locks.
      reply(connection, CallStatus::failed, "a request that ends within its head or its method");
      continue;
    }
    WaitingCall request{head.object, std::string(rest.substr(0, head.method_size)),
                        std::string(rest.substr(head.method_size)), std::nullopt};
    if (head.timeout_ms != no_timeout)
      request.deadline = Clock::now() + std::chrono::milliseconds(std::clamp<std::int64_t>(
                                            head.timeout_ms, 0, max_timeout_ms));
    call(connection, std::move(request));
    if (waiting_ > before) break;
  }
  if (connection.broken) broken_.push_back(connection.id());
}

void ManagerServer::reply(ServerConnection& connection, CallStatus status, std::string_view bytes) {
  if (connection.reply(status, bytes)) {
    watch(connection);
    return;
  }
  connection.broken = true;
  broken_.push_back(connection.id());
}

void ManagerServer::watch(ServerConnection& connection) {
  if (connection.broken) {
    broken_.push_back(connection.id());
    return;
  }
  // Nothing is read of a handshake whose turn has not come.
  const bool reads = connection.admitted || connection.in_clear();
  const std::uint32_t wanted = (reads ? EPOLLIN : 0U) | (connection.has_unsent() ? EPOLLOUT : 0U);
  if (connection.watched == wanted) return;
  connection.watched = wanted;
  epoll_event event{.events = wanted, .data = {.u64 = connection.id()}};
  epoll_ctl(poll_.get(), EPOLL_CTL_MOD, connection.fd(), &event);
}

void ManagerServer::close_broken() {
  while (!broken_.empty()) {
    const ConnectionId id = broken_.back();
    broken_.pop_back();
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    const std::unique_ptr<ServerConnection> connection = std::move(found->second);
    connections_.erase(found);
    close(*connection);
  }
}

void ManagerServer::close(ServerConnection& connection) {
  std::erase(not_admitted_, connection.id());
  if (connection.waiting) {
    --waiting_;
    if (ObjectStore::Entry* entry = store_.find(connection.waiting->object))
      entry->waiting.remove(connection.id());
  }
  if (!connection.trusted) return;
  for (auto& [id, entry] : store_.entries()) {
    entry.object->connection_gone(connection.id());
    wake(entry);
  }
  if (!connection.session.empty() && --sessions_[connection.session] == 0) {
    sessions_.erase(connection.session);
    store_.session_gone(connection.session);
  }
  wake_changed();  // last: a pool that goes with its session fails the calls of others
}

void ManagerServer::expire() {
  if (!not_admitted_.empty()) {
    const std::vector<ConnectionId> again = std::move(not_admitted_);
    not_admitted_.clear();
    for (const ConnectionId id : again) {
      admit(*connections_.at(id));
      watch(*connections_.at(id));
    }
  }
  const auto now = Clock::now();
  for (auto& [id, connection] : connections_) {
    if (!connection->trusted && now - connection->since > max_greeting) broken_.push_back(id);
    if (!connection->waiting || !connection->waiting->deadline ||
        *connection->waiting->deadline > now)
      continue;
    const WaitingCall call = std::move(*connection->waiting);
    connection->waiting.reset();
    --waiting_;
    if (ObjectStore::Entry* entry = store_.find(call.object)) entry->waiting.remove(id);
    give_up(*connection, call);
  }
  wake_changed();
}

int ManagerServer::next_deadline() const {
  if (!not_admitted_.empty()) return 100;  // ms until another wrong key is forgiven
  auto soonest = Clock::time_point::max();
  for (const auto& [id, connection] : connections_) {
    if (!connection->trusted) soonest = std::min(soonest, connection->since + max_greeting);
    if (connection->waiting && connection->waiting->deadline)
      soonest = std::min(soonest, *connection->waiting->deadline);
  }
  if (soonest == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(soonest - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void ManagerServer::refill_auth_tokens() {
  const auto now = Clock::now();
  const std::chrono::duration<double> since = now - refilled_;
  refilled_ = now;
  auth_tokens_ = std::min(auth_burst, auth_tokens_ + since.count() * auth_tokens_per_second);
}

/// Lets a client begin, or wait until wrong keys are forgiven.
void ManagerServer::admit(ServerConnection& connection) {
  refill_auth_tokens();
  if (auth_tokens_ < 1) {
    not_admitted_.push_back(connection.id());
    return;
  }
  connection.admitted = true;
  connection.since = Clock::now();
  if (connection.in_clear()) greet(connection);
}

/// Goes on with the handshake of TLS, which a greeting follows.
void ManagerServer::secure(ServerConnection& connection) {
  const TlsHandshake state = connection.admitted ? connection.handshake() : TlsHandshake::gone;
  if (state == TlsHandshake::unfinished) return;
  if (state == TlsHandshake::done) {
    greet(connection);
    return;
  }
  if (state != TlsHandshake::gone) take_auth_token();
  connection.broken = true;
}

void ManagerServer::take_auth_token() {
  refill_auth_tokens();
  auth_tokens_ -= 1;
}

void ManagerServer::greet(ServerConnection& connection) {
  connection.nonce = fresh_nonce();
  connection.greeted = true;
  const Greeting greeting{manager_magic, settings_.max_message_bytes,
                          static_cast<std::uint8_t>(settings_.key.empty() ? 0 : 1),
                          connection.nonce};
  if (!connection.send(raw_bytes(greeting))) broken_.push_back(connection.id());
}

void ManagerServer::check_response(ServerConnection& connection) {
  const std::optional<std::string> bytes = connection.take_bytes(sizeof(GreetingResponse));
  if (!bytes) return;
  std::string_view rest = *bytes;
  GreetingResponse response{};
  take_front(rest, response);
  const KeyProof right = prove(settings_.key, "client", connection.nonce, response.nonce);
  if (!connection.greeted || !same_proof(response.proof, right)) {
    take_auth_token();
    connection.broken = true;
    return;
  }
  connection.trusted = true;
  const GreetingWelcome welcome{1,
                                prove(settings_.key, "manager", connection.nonce, response.nonce)};
  if (!connection.send(raw_bytes(welcome))) connection.broken = true;
}

}  // namespace parlab
