#include "experiments/sharing/distance/network_namespaces.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/posix/process/program.hpp"

namespace parlab {
namespace {

/// Of the thread that asks.
constexpr char own_network[] = "/proc/thread-self/ns/net";

constexpr std::size_t max_message = 4096;  // bytes
constexpr auto max_command = std::chrono::seconds(30);

FileDescriptor network_here() {
  FileDescriptor network(open(own_network, O_RDONLY | O_CLOEXEC));
  if (!network) throw std::system_error(errno, std::generic_category(), own_network);
  return network;
}

void enter(const FileDescriptor& network) {
  if (setns(network.get(), CLONE_NEWNET) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot change to another network");
}

/// The thread is in its network again at the end.
class Excursion {
 public:
  Excursion() = default;
  Excursion(const Excursion&) = delete;
  Excursion& operator=(const Excursion&) = delete;
  ~Excursion() { setns(home_.get(), CLONE_NEWNET); }

 private:
  FileDescriptor home_ = network_here();
};

FileDescriptor new_network() {
  if (unshare(CLONE_NEWNET) != 0)
    throw UsageError(fmt::format("this machine permits no network namespaces: {}",
                                 std::generic_category().message(errno)));
  return network_here();
}

void ip(const std::vector<std::string>& words) {
  Program program{.words = {"ip"}};
  program.words.insert(program.words.end(), words.begin(), words.end());
  const ProgramOutput told = output_of(program, max_message, max_command);
  if (!told.status.success())
    throw UsageError(fmt::format("no network between namespaces: ip {}: {}", words.front(),
                                 told.text.substr(0, told.text.find('\n'))));
}

/// The device's address; loopback too.
void bring_up(const std::string& device, const std::string& address) {
  ip({"link", "set", "lo", "up"});
  ip({"address", "add", address + "/24", "dev", device});
  ip({"link", "set", device, "up"});
}

}  // namespace

const std::string& NetworkNamespaces::why_not() {
  static const std::string why = []() -> std::string {
    if (geteuid() != 0) return "network namespaces need root";
    if (find_program("ip").empty()) return "there is no program ip: install iproute2";
    try {
      const NetworkNamespaces hosts;
      return "";
    } catch (const std::exception& error) {
      return error.what();
    }
  }();
  return why;
}

NetworkNamespaces::NetworkNamespaces() {
  const Excursion excursion;
  far_ = new_network();
  near_ = new_network();
  ip({"link", "add", "name", "near", "type", "veth", "peer", "name", "far", "netns",
      fmt::format("/proc/{}/fd/{}", getpid(), far_.get())});
  bring_up("near", "10.79.0.1");
  enter_far();
  bring_up("far", far_address);
}

void NetworkNamespaces::enter_near() const { enter(near_); }
void NetworkNamespaces::enter_far() const { enter(far_); }

void NetworkNamespaces::on_far(FunctionRef<void()> work) const {
  const Excursion excursion;
  enter_far();
  work();
}

}  // namespace parlab
