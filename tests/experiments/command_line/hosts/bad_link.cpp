#include "tests/experiments/command_line/hosts/bad_link.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t max_frame_bytes = 65536;
/// Milliseconds after which it is seen that the link is to end.
constexpr int between_looks = 20;

[[noreturn]] void refuse(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Opens a device in the network namespace of the process; the calling thread stays in that.
FileDescriptor device_at(pid_t process, const std::string& name) {
  const std::string path = "/proc/" + std::to_string(process) + "/ns/net";
  const FileDescriptor space(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space || setns(space.get(), CLONE_NEWNET) != 0) refuse(path);
  FileDescriptor device(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!device) refuse("/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(device.get(), TUNSETIFF, &request) != 0) refuse("a network device");
  return device;
}

}  // namespace

BadLink::BadLink(pid_t this_side, const std::string& here, pid_t other_side,
                 const std::string& there, BadTimes times)
    : times_(times) {
  std::exception_ptr failure;
  // In a thread that ends: it does not come back from where the devices are.
  std::thread([&] {
    try {
      ends_[0] = device_at(this_side, here);
      ends_[1] = device_at(other_side, there);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  thread_ = std::thread([this] { carry(); });
}

BadLink::~BadLink() {
  ends_now_ = true;
  if (thread_.joinable()) thread_.join();
}

void BadLink::carry() {
  std::array<std::multimap<Clock::time_point, std::vector<char>>, 2> under_way;  // to each end
  std::vector<char> frame(max_frame_bytes);
  std::uniform_real_distribution<double> share(0, 1);
  while (!ends_now_) {
    auto next = Clock::now() + std::chrono::milliseconds(between_looks);
    for (const auto& frames : under_way)
      if (!frames.empty()) next = std::min(next, frames.begin()->first);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    std::array<pollfd, 2> watched = {{{ends_[0].get(), POLLIN, 0}, {ends_[1].get(), POLLIN, 0}}};
    poll(watched.data(), watched.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
    for (std::size_t end = 0; end < 2; ++end) {
      for (;;) {
        const ssize_t count = read(ends_[end].get(), frame.data(), frame.size());
        if (count <= 0) break;
        if (share(random_) < times_.loss) {
          ++lost_;
          continue;
        }
        const auto more =
            std::chrono::duration_cast<Clock::duration>(times_.jitter * share(random_));
        under_way[1 - end].emplace(Clock::now() + times_.delay + more,
                                   std::vector<char>(frame.begin(), frame.begin() + count));
      }
      auto& due = under_way[end];
      while (!due.empty() && due.begin()->first <= Clock::now()) {
        const std::vector<char>& bytes = due.begin()->second;
        [[maybe_unused]] const ssize_t sent = write(ends_[end].get(), bytes.data(), bytes.size());
        due.erase(due.begin());
      }
    }
  }
}

}  // namespace parlab
