#include "kernels/posix/process/stray_processes.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

namespace parlab {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// A process that cannot be killed, in a system call that never returns, is not waited for.
constexpr std::chrono::seconds longest_death{2};

/// Reaps those that have ended. Returns whether others are left.
bool has_children() {
  for (;;) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended < 0 && errno == EINTR) continue;
    if (ended <= 0) return ended == 0;
  }
}

struct Child {
  pid_t pid;
  std::string name;
};

/// Children of this process that run, by /proc.
std::vector<Child> children() {
  std::vector<Child> found;
  std::error_code gone;
  for (fs::directory_iterator entry("/proc", gone), end; !gone && entry != end;
       entry.increment(gone)) {
    const std::string name = entry->path().filename();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    std::ifstream file(entry->path() / "stat");
    const std::string stat{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    // "pid (name) state parent ...": the name may hold anything.
    const std::size_t open = stat.find('('), close = stat.rfind(')');
    if (open == std::string::npos || close == std::string::npos) continue;
    std::istringstream rest(stat.substr(close + 1));
    char state = 0;
    pid_t parent = 0;
    if (rest >> state >> parent && parent == getpid() && state != 'Z')
      found.push_back(
          {static_cast<pid_t>(std::stol(name)), stat.substr(open + 1, close - open - 1)});
  }
  return found;
}

}  // namespace

bool adopt_orphans() { return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0; }

OrphanKeeper::~OrphanKeeper() {
  end_children(std::chrono::milliseconds(0));
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

std::vector<std::string> end_children(std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds nap{1};
  std::vector<std::string> killed;
  std::set<pid_t> pids;  // of these
  const auto begin = Clock::now();
  while (has_children() && Clock::now() - begin < patience) std::this_thread::sleep_for(nap);
  const auto killing = Clock::now();
  // The children of those that are killed come here in their turn.
  while (has_children() && Clock::now() - killing < longest_death) {
    for (const Child& child : children()) {
      kill(child.pid, SIGKILL);
      if (pids.insert(child.pid).second)
        killed.push_back(child.name);  // it may take a while to die
    }
    std::this_thread::sleep_for(nap);
  }
  return killed;
}

}  // namespace parlab
