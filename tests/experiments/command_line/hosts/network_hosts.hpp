#pragma once

// Machines for tests: namespaces that network_hosts.sh makes, joined by a network of their own.

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/program.hpp"
#include "tests/experiments/command_line/hosts/bad_link.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {

class NetworkHosts {
 public:
  /// Whether there are any is told by why_not().
  explicit NetworkHosts(const std::vector<std::string>& names);
  NetworkHosts(const NetworkHosts&) = delete;
  NetworkHosts& operator=(const NetworkHosts&) = delete;
  /// Ends all their processes.
  ~NetworkHosts();

  /// Why there are none here; "" where there are.
  const std::string& why_not() const { return why_not_; }

  /// On the machine `head`, which is none of the hosts but reaches them.
  Surroundings on_head(std::vector<std::string> variables = {}) const;
  /// Runs a command on one of the machines, head among them.
  ProgramOutput run_on(const std::string& host, const std::vector<std::string>& words) const;

  /// Puts the calling thread, for good, into the network of one of the machines, head among them; the
  /// rest of it stays here. Throws std::system_error.
  void enter(const std::string& host) const;

  /// All its processes at once.
  void kill(const std::string& host) const;
  /// Nothing passes from or to it any more.
  void cut(const std::string& host) const;

  /// Frames from and to it are late or lost from now on. Returns why that cannot be; "" where it can.
  std::string impair(const std::string& host, const BadTimes& times);

  /// Of an impaired host.
  std::uint64_t lost_frames(const std::string& host) const;

  /// Processes that run there, but for the one that holds the machine.
  std::vector<pid_t> processes(const std::string& host) const;
  /// What lies in its /dev/shm and its folder for temporary files.
  std::vector<std::string> files(const std::string& host) const;
  /// Waits for both to be empty; returns what is still there.
  std::string leftovers(const std::string& host) const;

 private:
  std::string word(const std::string& file) const;
  pid_t holder(const std::string& host) const;

  TemporaryFolder folder_;
  FileDescriptor end_;  // of a pipe: the machines are there until it is closed
  std::optional<ChildProcess> script_;
  std::unique_ptr<BadLink> link_;
  std::string why_not_;
};

}  // namespace parlab
