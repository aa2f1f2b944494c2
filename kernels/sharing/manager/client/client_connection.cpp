#include "kernels/sharing/manager/client/client_connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

#include "kernels/base/errors.hpp"
#include "kernels/posix/spin.hpp"
#include "kernels/sharing/manager/client/client_processes.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"

namespace parlab {
namespace {

constexpr char gone[] = "the manager is gone: it was killed, or it ended";

/// Longer ones would overflow when they are added to a time.
constexpr std::chrono::milliseconds max_patience = std::chrono::hours(24 * 365);

/// Milliseconds from now, rounded up.
std::int64_t wire_timeout(Deadline deadline) {
  if (deadline.never()) return no_timeout;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline.at() - Deadline::Clock::now());
  return std::max<std::int64_t>(left.count(), 0);
}

Deadline later(Deadline deadline, std::chrono::milliseconds wait) {
  if (deadline.never()) return deadline;
  const auto left = deadline.at() - Deadline::Clock::now();
  return {std::max(left, left.zero()) + wait};
}

/// A manager that is dying still accepts for a moment, only to hang up, as one does that refuses.
bool is_there(const ManagerAddress& address) {
  try {
    for (int look = 0; look < 5; ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      address.connect(std::chrono::seconds(1));
    }
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

ClientOptions within_limits(ClientOptions options) {
  options.patience = std::clamp(options.patience, std::chrono::milliseconds(0), max_patience);
  return options;
}

SecuredSocket connected(const ManagerAddress& address, const ClientOptions& options) {
  if (!address.tls()) return SecuredSocket(address.connect(options.patience));
  if (options.key.empty())
    throw UsageError(fmt::format("the manager at {} asks for a key; give it", address.text()));
  const TlsContext tls = TlsContext::with_key(TlsSide::client, options.key);
  return {address.connect(options.patience), tls};
}

}  // namespace

ClientConnection::ClientConnection(const ManagerAddress& address, const ClientOptions& options)
    : options_(within_limits(options)), socket_(connected(address, options_)) {
  secure(address);
  greet(address);
  client_processes::add(*this);
}

ClientConnection::~ClientConnection() { client_processes::remove(*this); }

/// The handshake of TLS, where the address is one of TLS.
void ClientConnection::secure(const ManagerAddress& address) {
  const TlsHandshake state = socket_.handshake(Deadline(options_.patience));
  const std::string place = address.text();
  switch (state) {
    case TlsHandshake::unfinished:
      throw ManagerDied(fmt::format(
          "the manager at {} gave no answer in time: it is stopped, or cut off", place));
    case TlsHandshake::gone:
      if (!is_there(address)) throw ManagerDied(gone);
      throw ManagerError(fmt::format("the manager at {} refused the connection", place));
    case TlsHandshake::refused:
      throw ManagerError(
          fmt::format("the manager at {} refused the connection: a wrong key", place));
    case TlsHandshake::not_tls:
      throw UsageError(fmt::format(
          "what listens at {} does not speak TLS 1.3: start the manager with that address", place));
    case TlsHandshake::not_trusted:
      throw ManagerError(
          fmt::format("the process that listens at {} does not know the key", place));
    case TlsHandshake::done:
      break;
  }
}

void ClientConnection::greet(const ManagerAddress& address) {
  const Deadline in_time(options_.patience);
  Greeting greeting{};
  try {
    receive(reinterpret_cast<char*>(&greeting), sizeof greeting, in_time);
  } catch (const ManagerDied&) {
    const std::string hint =
        address.tcp() && !address.tls() ? "; where it listens under TLS, write tls: for tcp:" : "";
    if (in_time.passed())
      throw ManagerDied(fmt::format("the manager at {} gave no answer in time: it is stopped{}",
                                    address.text(), hint));
    if (!is_there(address)) throw;
    throw ManagerError(
        fmt::format("the manager at {} refused the connection{}", address.text(), hint));
  }
  if (greeting.magic != manager_magic)
    throw UsageError(
        fmt::format("the process that listens at {} is not a manager of parlab", address.text()));
  if (greeting.asks_key != 0 && options_.key.empty())
    throw UsageError(fmt::format("the manager at {} asks for a key; give it", address.text()));
  if (greeting.asks_key == 0 && !options_.key.empty())
    throw UsageError(fmt::format("the manager at {} has no key; give none", address.text()));
  GreetingResponse response{fresh_nonce(), {}};
  response.proof = prove(options_.key, "client", greeting.nonce, response.nonce);
  GreetingWelcome welcome{};
  try {
    send_all(raw_bytes(response), {}, in_time);
    receive(reinterpret_cast<char*>(&welcome), sizeof welcome, in_time);
  } catch (const ManagerDied&) {
    if (in_time.passed() || !is_there(address)) throw;
    throw ManagerError(
        fmt::format("the manager at {} refused the connection: a wrong key", address.text()));
  }
  if (!same_proof(welcome.proof, prove(options_.key, "manager", greeting.nonce, response.nonce)))
    throw ManagerError(
        fmt::format("the process that listens at {} does not know the key", address.text()));
  max_message_bytes_ = greeting.max_message_bytes;
}

std::optional<std::string> ClientConnection::call(std::uint64_t object, std::string_view method,
                                                  std::string_view arguments, Deadline deadline) {
  const RequestHead request{object, wire_timeout(deadline), method.size()};
  const FrameSize size = sizeof request + method.size() + arguments.size();
  if (size > max_message_bytes_)
    throw ManagerError(
        fmt::format("a message of {} bytes is beyond the manager's limit of {}: send it in parts",
                    size, max_message_bytes_));
  std::string head;
  head.reserve(sizeof size + sizeof request + method.size());
  head += raw_bytes(size);
  head += raw_bytes(request);
  head += method;
  Answer answer{};
  try {
    answer = exchange(head, arguments, later(deadline, options_.patience));
  } catch (...) {
    socket_.reset();  // what comes next on it would answer another call
    throw;
  }
  if (answer.status == CallStatus::timed_out) return std::nullopt;
  if (answer.status == CallStatus::failed) throw ManagerError(answer.bytes);
  return std::move(answer.bytes);
}

ClientConnection::Answer ClientConnection::exchange(std::string_view head,
                                                    std::string_view arguments, Deadline deadline) {
  send_all(head, arguments, deadline);
  std::array<char, sizeof(FrameSize) + sizeof(CallStatus)> front{};
  receive(front.data(), front.size(), deadline);
  std::string_view rest(front.data(), front.size());
  FrameSize size = 0;
  Answer answer{};
  take_front(rest, size);
  take_front(rest, answer.status);
  answer.bytes.resize(size - sizeof answer.status);
  receive(answer.bytes.data(), answer.bytes.size(), deadline);
  return answer;
}

/// Throws ManagerDied where nothing moves until the deadline.
void ClientConnection::sleep_until_ready(short events, Deadline deadline) {
  if (!socket_.wait(events, deadline))
    throw ManagerDied("the manager gave no answer in time: it is stopped, or cut off");
}

void ClientConnection::send_all(std::string_view head, std::string_view bytes, Deadline deadline) {
  while (!head.empty() || !bytes.empty()) {
    const ssize_t sent = socket_.send(head, bytes);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      sleep_until_ready(POLLOUT, deadline.at_least(options_.patience));
      continue;
    }
    if (sent < 0) throw ManagerDied(gone);
    const std::size_t of_head = std::min(head.size(), static_cast<std::size_t>(sent));
    head.remove_prefix(of_head);
    bytes.remove_prefix(static_cast<std::size_t>(sent) - of_head);
  }
}

ssize_t ClientConnection::receive_some(char* to, std::size_t size, Deadline deadline) {
  ssize_t got = 0;
  const auto has_come = [&] {
    got = socket_.receive(to, size);
    return got >= 0 || (errno != EAGAIN && errno != EINTR);
  };
  if (options_.spin.count() > 0 && spin_until(has_come, options_.spin, calls_per_yield)) return got;
  if (socket_.has_pending()) return socket_.receive(to, size);
  if (!deadline.never() || socket_.secured())
    sleep_until_ready(POLLIN, deadline.at_least(options_.patience));
  return socket_.receive(to, size, 0);
}

void ClientConnection::receive(char* to, std::size_t size, Deadline deadline) {
  while (size > 0) {
    if (read_ahead_.empty()) {
      // An answer is read in one call, unless it is long: then its rest goes where it belongs.
      const bool is_long = size >= buffer_.size();
      char* const place = is_long ? to : buffer_.data();
      const ssize_t got = receive_some(place, is_long ? size : buffer_.size(), deadline);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;  // EAGAIN: a part of a record
      if (got <= 0) throw ManagerDied(gone);
      if (is_long) {
        to += got;
        size -= static_cast<std::size_t>(got);
        continue;
      }
      read_ahead_ = {buffer_.data(), static_cast<std::size_t>(got)};
    }
    const std::size_t part = std::min(size, read_ahead_.size());
    std::copy_n(read_ahead_.data(), part, to);
    read_ahead_.remove_prefix(part);
    to += part;
    size -= part;
  }
}

}  // namespace parlab
