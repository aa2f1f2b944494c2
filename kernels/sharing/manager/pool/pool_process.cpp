#include "kernels/sharing/manager/pool/pool_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdio_ext.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "kernels/posix/sockets.hpp"
#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/pool/pool_chunk.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// No message of a worker is too long: its results are what the manager's clients asked for.
constexpr std::uint64_t max_answer_bytes = 1ULL << 60;

/// Levels that a result may have, so that it can still be wrapped and read.
constexpr int max_result_depth = deepest_value - 4;

bool deeper_than(const json& value, int levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  for (const json& element : value)
    if (deeper_than(element, levels - 1)) return true;
  return false;
}

bool receive_all(int socket, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = recv(socket, to, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool send_frame(int socket, const json& message) {
  std::string frame;
  append_frame(frame, to_bytes(message));
  return send_all(socket, frame);
}

json thrown() {
  auto [type, what] = describe_current_exception();
  return {{"type", type}, {"what", what}};
}

json outcome_of(const ManagedFunction& function, const json& arguments) {
  try {
    json value = function(arguments);
    if (deeper_than(value, max_result_depth))
      throw std::invalid_argument("a result of more levels than a manager takes");
    return {{"value", std::move(value)}};
  } catch (...) {
    return thrown();
  }
}

/// In the worker, until the manager hangs up.
void work(int socket, const ManagedFunctionTable& functions, const std::string& initializer,
          std::atomic<std::uint64_t>& place) {
  if (!initializer.empty()) {
    const json outcome = outcome_of(functions.at(initializer), json::array());
    if (!outcome.contains("value")) {
      std::fflush(stdout);
      send_frame(socket, {{"failed", outcome.at("what")}});
      return;
    }
  }
  bool goes_on = send_frame(socket, {{"ready", true}});
  FrameSize size = 0;
  while (goes_on && receive_all(socket, reinterpret_cast<char*>(&size), sizeof size)) {
    std::string bytes(size, '\0');
    if (!receive_all(socket, bytes.data(), size)) return;
    const json message = from_bytes(bytes);
    const ManagedFunction& function = functions.at(message.at("function").get<std::string>());
    const bool spread = message.at("spread").get<bool>();
    json outcomes = json::array();
    const auto first = message.at("first").get<std::uint64_t>();
    for (const json& item : message.at("items")) {
      place.store(first + outcomes.size());
      outcomes.push_back(outcome_of(function, spread ? item : json::array({item})));
    }
    std::fflush(stdout);  // what it printed would be lost where it is killed
    goes_on = send_frame(socket, outcomes);
  }
}

/// Keeps nothing of the manager's but the standard streams and its end of the socket.
void become_worker(int socket) {
  prctl(PR_SET_NAME, "parlab-worker");
  for (const int number : {SIGTERM, SIGCHLD, SIGPIPE}) signal(number, SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
  __fpurge(stdout);  // what others had not written yet is theirs to write
  constexpr int kept = 3;
  if (socket != kept) dup2(socket, kept);
  fcntl(kept, F_SETFD, FD_CLOEXEC);
  syscall(SYS_close_range, kept + 1, ~0U, 0);
}

}  // namespace

namespace pool_outcome {

json died(const ExitStatus& status, std::uint64_t item) {
  return {{"signal", status.signal.value_or(0)}, {"index", item}, {"what", status.describe()}};
}
json refused(const std::string& why) { return {{"refused", why}}; }

}  // namespace pool_outcome

PoolProcess::PoolProcess(const ManagedFunctionTable& functions, const std::string& initializer)
    : place_(sizeof(std::atomic<std::uint64_t>)) {
  std::construct_at(&place(), 0);
  SocketPair ends = make_socket_pair(SOCK_STREAM, "start a worker");
  link_.emplace(0, SecuredSocket(std::move(ends.here)), max_answer_bytes);
  child_.emplace(ChildProcess::fork([&] {
    become_worker(ends.there.get());
    work(3, functions, initializer, place());
  }));
}

bool PoolProcess::send(const PoolMessage& message) {
  place().store(message.first_item);  // the worker may die before it reads this
  std::string frame;
  append_frame(frame, to_bytes({{"function", message.function},
                                {"spread", message.spread},
                                {"first", message.first_item},
                                {"items", message.items}}));
  return link_->send(frame);
}

bool PoolProcess::has_unread() const {
  char byte = 0;
  return recv(link_->fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

std::optional<json> PoolProcess::take_message() {
  const std::optional<std::string> frame = link_->take_frame();
  if (link_->broken) throw std::invalid_argument("a worker that sends no frames");
  return frame ? std::optional(from_bytes(*frame)) : std::nullopt;
}

void PoolProcess::hang_up() { shutdown(link_->fd(), SHUT_WR); }

}  // namespace parlab
