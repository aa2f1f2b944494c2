#include "kernels/posix/wait.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "kernels/posix/signal_guard.hpp"

namespace parlab {

std::vector<std::size_t> wait(std::span<const int> descriptors, Deadline deadline) {
  std::vector<pollfd> watched;
  watched.reserve(descriptors.size());
  for (const int descriptor : descriptors) {
    if (descriptor < 0)
      throw std::invalid_argument(fmt::format("cannot wait for file descriptor {}", descriptor));
    watched.push_back({descriptor, POLLIN, 0});
  }
  if (watched.empty() && deadline.never())
    throw std::invalid_argument("no file descriptors and no deadline: the wait would never end");
  for (;;) {
    const int ready =
        poll(watched.data(), watched.size(), deadline.within(max_call).poll_milliseconds());
    if (ready < 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot wait");
    } else if (ready > 0 || deadline.passed()) {
      break;
    }
    InterruptionScope::check();
  }
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < watched.size(); ++i) {
    if ((watched[i].revents & POLLNVAL) != 0)
      throw std::system_error(EBADF, std::generic_category(),
                              fmt::format("cannot wait for file descriptor {}", watched[i].fd));
    if (watched[i].revents != 0) positions.push_back(i);
  }
  return positions;
}

std::vector<std::size_t> wait(std::initializer_list<int> descriptors, Deadline deadline) {
  return wait(std::span<const int>(descriptors.begin(), descriptors.size()), deadline);
}

}  // namespace parlab
