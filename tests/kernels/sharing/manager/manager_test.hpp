#pragma once

// What the tests of managers share: a look at a manager from outside, and a client that speaks to
// it in bytes of its choice.

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {

/// The manager's count of its "objects", "sessions", "connections", "waiting" calls.
inline int state(const ManagerClient& client, const char* what) {
  return from_bytes(*client.call(0, "state", to_bytes(nullptr))).at(what);
}
/// Until so many calls wait in the manager.
inline bool calls_wait(const Manager& manager, int count) {
  return eventually([&] { return state(manager.client(), "waiting") == count; });
}

/// Each test has a manager, under the watchdog of all sharing tests, and leaves nothing of it.
class ManagerTest : public SharingTest {
 protected:
  void SetUp() override {
    SharingTest::SetUp();
    start({});
  }
  void TearDown() override {
    manager_.reset();
    SharingTest::TearDown();
  }
  void start(const ManagerOptions& options) {
    manager_.reset();
    manager_.emplace(options);
  }
  Manager& manager() { return *manager_; }

 private:
  std::optional<Manager> manager_;
};

/// A socket on which the greeting has been answered with zeros, as where no key is set.
inline FileDescriptor trusted_socket(const Manager& manager) {
  FileDescriptor socket = ManagerAddress::parse(manager.address()).connect();
  Greeting greeting{};
  GreetingWelcome welcome{};
  const GreetingResponse response{fresh_nonce(), {}};
  EXPECT_EQ(recv(socket.get(), &greeting, sizeof greeting, MSG_WAITALL), ssize_t{sizeof greeting});
  send(socket.get(), &response, sizeof response, MSG_NOSIGNAL);
  EXPECT_EQ(recv(socket.get(), &welcome, sizeof welcome, MSG_WAITALL), ssize_t{sizeof welcome});
  return socket;
}

inline bool is_dropped(const FileDescriptor& socket) {
  char byte = 0;
  return recv(socket.get(), &byte, 1, 0) <= 0;
}

/// A client without manners: it sends what it is told to, and waits for one reply.
class RawClient {
 public:
  struct Reply {
    bool came = false;  // false: dropped
    CallStatus status = CallStatus::done;
    std::string bytes;
  };

  explicit RawClient(const Manager& manager) : socket_(trusted_socket(manager)) {}

  Reply send_bytes(std::string_view bytes) const {
    send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    FrameSize size = 0;
    Reply reply;
    if (recv(socket_.get(), &size, sizeof size, MSG_WAITALL) != ssize_t{sizeof size}) return reply;
    reply.bytes.resize(size);
    const ssize_t got = recv(socket_.get(), reply.bytes.data(), size, MSG_WAITALL);
    if (got != static_cast<ssize_t>(size)) return reply;
    reply.came = true;
    reply.status = static_cast<CallStatus>(reply.bytes[0]);
    reply.bytes.erase(0, 1);
    return reply;
  }
  Reply send_frame(std::string_view frame) const {
    std::string bytes;
    append_frame(bytes, frame);
    return send_bytes(bytes);
  }
  Reply call(std::uint64_t object, std::string_view method, std::string_view arguments,
             std::int64_t timeout_ms) const {
    const RequestHead head{object, timeout_ms, method.size()};
    return send_frame(std::string(raw_bytes(head)) + std::string(method) + std::string(arguments));
  }

 private:
  FileDescriptor socket_;
};

}  // namespace parlab
