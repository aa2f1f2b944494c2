#include "tests/experiments/command_line/hosts/network_hosts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace parlab {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""s;

/// Until its end, or its first line's.
std::string line_of(int file) {
  std::string line;
  for (char c = 0; read(file, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

/// A process without a parent that waits for it stays in /proc.
bool has_ended(const fs::path& process) {
  std::ifstream file(process / "stat");
  std::string text;
  std::getline(file, text);
  const std::size_t state = text.rfind(')') + 2;
  return text.size() <= state || text[state] == 'Z' || text[state] == 'X';
}

}  // namespace

NetworkHosts::NetworkHosts(const std::vector<std::string>& names) {
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
    why_not_ = "no pipe";
    return;
  }
  const FileDescriptor in_there(in[0]), out_here(out[0]);
  FileDescriptor out_there(out[1]);
  end_ = FileDescriptor(in[1]);
  // In a process of its own, which is not killed with the test, but sees that its stdin has ended.
  Program script{.words = {"sh", "-c", "exec 3<&0; sh \"$0\" \"$@\" <&3 & exec 3<&-; wait $!",
                           PARLAB_NETWORK_HOSTS, folder_.path()},
                 .streams = {in_there.get(), out_there.get(), -1}};
  script.words.insert(script.words.end(), names.begin(), names.end());
  script_.emplace(start_program(script));
  out_there.reset();
  if (const std::string line = line_of(out_here.get()); line != "ready")
    why_not_ = line.empty() ? "network_hosts.sh ended without a word" : line;
}

NetworkHosts::~NetworkHosts() {
  end_.reset();
  if (script_) script_->wait();
}

std::string NetworkHosts::word(const std::string& file) const {
  std::ifstream stream(folder_.path() / file);
  std::string word;
  stream >> word;
  return word;
}

pid_t NetworkHosts::holder(const std::string& host) const { return std::stoi(word(host + ".pid")); }

Surroundings NetworkHosts::on_head(std::vector<std::string> variables) const {
  variables.push_back("PARLAB_RSH=" + (folder_.path() / "rsh").string());
  return {.variables = std::move(variables), .within = {folder_.path() / "on", "head"}};
}

ProgramOutput NetworkHosts::run_on(const std::string& host,
                                   const std::vector<std::string>& words) const {
  Program program{.words = {folder_.path() / "on", host}};
  program.words.insert(program.words.end(), words.begin(), words.end());
  return output_of(program, 1 << 14, 60s);
}

void NetworkHosts::enter(const std::string& host) const {
  const std::string path = "/proc/" + std::to_string(holder(host)) + "/ns/net";
  const FileDescriptor network(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!network || setns(network.get(), CLONE_NEWNET) != 0)
    throw std::system_error(errno, std::generic_category(), path);
}

void NetworkHosts::kill(const std::string& host) const { ::kill(holder(host), SIGKILL); }

void NetworkHosts::cut(const std::string& host) const {
  run_on("head", {"ip", "link", "set", "dev", host, "down"});
}

std::string NetworkHosts::impair(const std::string& host, const BadTimes& times) {
  const auto netem = [&](const std::string& machine, const std::string& device) {
    return run_on(machine, {"tc", "qdisc", "add", "dev", device, "root", "netem", "delay",
                            fmt::format("{}ms", times.delay.count()),
                            fmt::format("{}ms", times.jitter.count()), "loss",
                            fmt::format("{}%", 100 * times.loss)})
        .status.success();
  };
  if (netem("head", host) && netem(host, "eth0")) return "";
  // A kernel without netem.
  try {
    link_ = std::make_unique<BadLink>(holder("head"), "bad", holder(host), "bad", times);
  } catch (const std::system_error& error) {
    return fmt::format("this kernel neither delays nor loses packets: {}", error.what());
  }
  const std::string old = "ip -brief address show dev eth0 | awk '{print $3}'";
  const std::string move = "address=$(" + old +
                           ") && ip link set dev eth0 down && ip address flush dev eth0 && "
                           "ip address add $address dev bad && ip link set dev bad up";
  run_on("head", {"ip", "link", "set", "dev", "bad", "master", "bridge"});
  run_on("head", {"ip", "link", "set", "dev", "bad", "up"});
  const ProgramOutput moved = run_on(host, {"sh", "-c", move});
  return moved.status.success() ? "" : moved.text;
}

std::uint64_t NetworkHosts::lost_frames(const std::string& host) const {
  if (link_) return link_->lost();
  const std::string text = run_on("head", {"tc", "-s", "qdisc", "show", "dev", host}).text;
  const auto at =
      text.find("(dropped ");  // "Sent 7 bytes 1 pkt (dropped 0, overlimits 0 requeues 0)"
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + 9));
}

std::vector<pid_t> NetworkHosts::processes(const std::string& host) const {
  const pid_t first = holder(host);
  std::error_code gone;
  const auto space = [&](const fs::path& process) {
    return fs::read_symlink(process / "ns/pid", gone).string();
  };
  const std::string wanted = space(fs::path("/proc") / std::to_string(first));
  std::vector<pid_t> pids;
  if (wanted.empty()) return pids;  // the machine was killed
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    const pid_t pid = std::stoi(name);
    if (pid != first && space(entry.path()) == wanted && !has_ended(entry.path()))
      pids.push_back(pid);
  }
  return pids;
}

std::vector<std::string> NetworkHosts::files(const std::string& host) const {
  std::vector<std::string> files;
  std::error_code gone;  // with its machine, where that was killed
  const fs::path memory = fs::path("/proc") / std::to_string(holder(host)) / "root/dev/shm";
  for (const fs::path& folder : {memory, folder_.path() / host})
    for (const auto& entry : fs::recursive_directory_iterator(folder, gone))
      if (!entry.is_directory(gone)) files.push_back(entry.path());
  return files;
}

std::string NetworkHosts::leftovers(const std::string& host) const {
  const auto is_empty = [&] { return processes(host).empty() && files(host).empty(); };
  if (becomes_true(is_empty)) return "";
  return fmt::format("processes {}, files {}", fmt::join(processes(host), " "),
                     fmt::join(files(host), " "));
}

}  // namespace parlab
