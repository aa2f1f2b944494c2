#include "tests/kernels/sharing/sharing_test.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <thread>

namespace parlab {
namespace {

namespace fs = std::filesystem;

constexpr unsigned watchdog_seconds = 110;  // below the limit of the test runner

/// The state letter of /proc/PID/stat, or 'X' where there is no such process.
char state_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);  // nothing, where the process ends meanwhile
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos ? 'X' : line.at(name_end + 2);
}

}  // namespace

Footprint Footprint::now() {
  Footprint footprint;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd"))
    ++footprint.descriptors;
  siginfo_t info{};
  footprint.children = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  const std::string mark = "parlab-" + std::to_string(getpid()) + "-";
  for (const char* folder : {"/dev/shm", "/tmp"})
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename().string().starts_with(mark))
        footprint.files.insert(entry.path().string());
  return footprint;
}

void PrintTo(const Footprint& footprint, std::ostream* out) {
  *out << footprint.descriptors << " descriptors, " << (footprint.children ? "some" : "no")
       << " children, files:";
  for (const std::string& file : footprint.files) *out << ' ' << file;
}

void SharingTest::SetUp() {
  alarm(watchdog_seconds);
  before_ = Footprint::now();
}

void SharingTest::TearDown() {
  EXPECT_EQ(Footprint::now(), before_);
  alarm(0);
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + long_enough;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool has_ended(pid_t pid) {
  const char state = state_of(pid);
  return state == 'X' || state == 'Z';
}

bool is_asleep(pid_t pid) {
  const char state = state_of(pid);
  return state == 'S' || state == 'T';
}

}  // namespace parlab
