#pragma once

// Somebody on the way between a manager and its clients, who reads what passes, changes it, or cuts
// the connection.

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kernels/posix/sockets.hpp"
#include "kernels/sharing/manager/messages/manager_address.hpp"

namespace parlab {

class Relay {
 public:
  enum class Way { to_server, to_client };

  /// Beside the manager at `address`, in a thread of its own.
  explicit Relay(const std::string& address)
      : scheme_(address.substr(0, 4)),
        server_(ManagerAddress::parse("tcp:" + address.substr(4))),
        here_(ManagerAddress::parse("tcp:127.0.0.1:0")),
        listener_(here_.listen()),
        thread_([this](const std::stop_token& stop) { work(stop); }) {}

  /// Where clients meet it.
  std::string address() const { return scheme_ + here_.text().substr(4); }

  std::string seen(Way way) const {
    const std::lock_guard hold(lock_);
    return seen_[static_cast<std::size_t>(way)];
  }
  std::string seen() const { return seen(Way::to_server) + seen(Way::to_client); }

  void flip_next_bit(Way way) { flip_ = static_cast<int>(way); }
  /// So many more bytes pass to the server; then both sides' connections end.
  void cut_after(std::size_t bytes) { left_ = static_cast<long>(bytes); }

 private:
  using Pair = std::array<FileDescriptor, 2>;  // the client's, the server's

  void work(const std::stop_token& stop) {
    std::vector<Pair> pairs;
    while (!stop.stop_requested()) {
      std::vector<pollfd> watched = {{listener_.get(), POLLIN, 0}};
      for (const Pair& pair : pairs)
        for (const FileDescriptor& end : pair) watched.push_back({end.get(), POLLIN, 0});
      poll(watched.data(), watched.size(), 10);
      std::vector<Pair> kept;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool passed = (watched[1 + 2 * i].revents == 0 || pass(pairs[i], Way::to_server)) &&
                            (watched[2 + 2 * i].revents == 0 || pass(pairs[i], Way::to_client));
        if (passed) kept.push_back(std::move(pairs[i]));
      }
      pairs = std::move(kept);
      if (watched[0].revents == 0) continue;
      FileDescriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client) pairs.push_back({std::move(client), server_.connect()});
    }
  }

  bool pass(const Pair& pair, Way way) {
    const auto from = static_cast<std::size_t>(way);
    std::array<char, 1 << 14> buffer{};
    ssize_t size = recv(pair[from].get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0) return false;
    bool cut = false;
    if (const long left = left_; way == Way::to_server && left >= 0) {
      cut = size >= left;
      size = std::min<ssize_t>(size, left);
      left_ = cut ? -1 : left - size;
    }
    {
      const std::lock_guard hold(lock_);
      seen_[from].append(buffer.data(), static_cast<std::size_t>(size));
    }
    int flipped = static_cast<int>(way);
    if (flip_.compare_exchange_strong(flipped, -1)) buffer[static_cast<std::size_t>(size) - 1] ^= 1;
    return send_all(pair[1 - from].get(), {buffer.data(), static_cast<std::size_t>(size)}) && !cut;
  }

  std::string scheme_;  // "tls:"
  ManagerAddress server_, here_;
  FileDescriptor listener_;
  mutable std::mutex lock_;
  std::array<std::string, 2> seen_;
  std::atomic<int> flip_ = -1;
  std::atomic<long> left_ = -1;
  std::jthread thread_;  // last
};

}  // namespace parlab
