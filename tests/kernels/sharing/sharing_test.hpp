#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <set>
#include <string>

namespace parlab {

/// What a process holds that it could leak: open descriptors, children that were not reaped,
/// segments in /dev/shm and files in the temporary folder that bear its number.
struct Footprint {
  std::size_t descriptors = 0;
  bool children = false;
  std::set<std::string> files;

  static Footprint now();
  bool operator==(const Footprint&) const = default;
};
void PrintTo(const Footprint& footprint, std::ostream* out);

/// Each test runs under a watchdog that kills it, and must leave the footprint that it found.
class SharingTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

 private:
  Footprint before_;
};

/// Bounds every wait of a test that must not fail on a slow machine.
constexpr std::chrono::seconds long_enough{60};

/// Waits until `condition` holds; false after long_enough.
bool eventually(const std::function<bool()>& condition);

/// Whether a process that is no child of ours has ended: gone or a zombie, whoever reaps it.
bool has_ended(pid_t pid);

/// Whether a process is stopped, or sleeps in a system call.
bool is_asleep(pid_t pid);

}  // namespace parlab
