#include "kernels/sharing/manager/client_connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

#include "kernels/errors.hpp"
#include "kernels/sharing/manager/client_processes.hpp"
#include "kernels/sharing/manager/greeting.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;
constexpr char gone[] = "the manager is gone: it was killed, or it ended";

/// A manager that is dying still accepts for a moment, only to hang up, as one does that refuses.
bool is_there(const ManagerAddress& address) {
  try {
    for (int look = 0; look < 5; ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      address.connect();
    }
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

}  // namespace

ClientConnection::ClientConnection(const ManagerAddress& address, const ClientOptions& options)
    : socket_(address.connect()), options_(options) {
  greet(address);
  client_processes::add(*this);
}

ClientConnection::~ClientConnection() { client_processes::remove(*this); }

void ClientConnection::greet(const ManagerAddress& address) {
  Greeting greeting{};
  try {
    receive(reinterpret_cast<char*>(&greeting), sizeof greeting, options_.patience);
  } catch (const ManagerDied&) {
    if (!is_there(address)) throw;
    throw ManagerError(fmt::format("the manager at {} refused the connection", address.text()));
  }
  if (greeting.magic != manager_magic)
    throw UsageError(fmt::format("what listens at {} is no manager of parlab", address.text()));
  if (greeting.asks_key != 0 && options_.key.empty())
    throw UsageError(fmt::format("the manager at {} asks for a key; give it", address.text()));
  if (greeting.asks_key == 0 && !options_.key.empty())
    throw UsageError(fmt::format("the manager at {} has no key; give none", address.text()));
  GreetingResponse response{fresh_nonce(), {}};
  response.proof = prove(options_.key, "client", greeting.nonce, response.nonce);
  GreetingWelcome welcome{};
  try {
    send_all(raw_bytes(response), {});
    receive(reinterpret_cast<char*>(&welcome), sizeof welcome, options_.patience);
  } catch (const ManagerDied&) {
    if (!is_there(address)) throw;
    throw ManagerError(
        fmt::format("the manager at {} refused the connection: a wrong key", address.text()));
  }
  if (!same_proof(welcome.proof, prove(options_.key, "manager", greeting.nonce, response.nonce)))
    throw ManagerError(
        fmt::format("what listens at {} does not know the key: not ours", address.text()));
  longest_message_ = greeting.longest_message;
}

std::optional<std::string> ClientConnection::call(std::uint64_t object, std::string_view method,
                                                  std::string_view arguments, CallTimeout timeout) {
  const RequestHead request{object, timeout ? timeout->count() : -1, method.size()};
  const FrameSize size = sizeof request + method.size() + arguments.size();
  if (size > longest_message_)
    throw ManagerError(
        fmt::format("a message of {} bytes is beyond the manager's limit of {}: send it in parts",
                    size, longest_message_));
  std::string head;
  head.reserve(sizeof size + sizeof request + method.size());
  head += raw_bytes(size);
  head += raw_bytes(request);
  head += method;
  const CallTimeout wait = timeout ? CallTimeout(*timeout + options_.patience) : std::nullopt;
  try {
    send_all(head, arguments);
    std::array<char, sizeof(FrameSize) + sizeof(CallStatus)> front{};
    receive(front.data(), front.size(), wait);
    std::string_view rest(front.data(), front.size());
    FrameSize answer_size = 0;
    CallStatus status{};
    take_front(rest, answer_size);
    take_front(rest, status);
    std::string answer(answer_size - sizeof status, '\0');
    receive(answer.data(), answer.size(), wait);
    if (status == CallStatus::timed_out) return std::nullopt;
    if (status == CallStatus::failed) throw ManagerError(answer);
    return answer;
  } catch (const ManagerDied&) {
    socket_.reset();  // what comes next on it would answer another call
    throw;
  }
}

void ClientConnection::send_all(std::string_view head, std::string_view bytes) {
  while (!head.empty() || !bytes.empty()) {
    std::array<iovec, 2> parts = {{{const_cast<char*>(head.data()), head.size()},
                                   {const_cast<char*>(bytes.data()), bytes.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t sent = sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw ManagerDied(gone);
    const std::size_t of_head = std::min(head.size(), static_cast<std::size_t>(sent));
    head.remove_prefix(of_head);
    bytes.remove_prefix(static_cast<std::size_t>(sent) - of_head);
  }
}

ssize_t ClientConnection::receive_some(char* to, std::size_t size, CallTimeout timeout) {
  if (options_.spin.count() > 0) {
    const auto until = Clock::now() + options_.spin;
    do {
      const ssize_t got = recv(socket_.get(), to, size, MSG_DONTWAIT);
      if (got >= 0 || (errno != EAGAIN && errno != EINTR)) return got;
    } while (Clock::now() < until);
  }
  if (timeout) {
    pollfd watched{socket_.get(), POLLIN, 0};
    const auto milliseconds = std::min<std::int64_t>(timeout->count(), 1 << 30);
    const int ready = poll(&watched, 1, static_cast<int>(milliseconds));
    if (ready == 0)
      throw ManagerDied(fmt::format("the manager gave no answer within {} ms", timeout->count()));
    if (ready < 0) return ready;
  }
  return recv(socket_.get(), to, size, 0);
}

void ClientConnection::receive(char* to, std::size_t size, CallTimeout timeout) {
  while (size > 0) {
    const ssize_t got = receive_some(to, size, timeout);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw ManagerDied(gone);
    to += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace parlab
