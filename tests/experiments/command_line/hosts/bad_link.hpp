#pragma once

// A cable that delays and loses what it carries, for kernels that cannot (sch_netem): two network
// devices, each in a namespace of its own, and a thread that passes frames between them.

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

struct BadTimes {
  std::chrono::milliseconds delay;   // one way, at least
  std::chrono::milliseconds jitter;  // up to so much more, of each frame by itself
  double loss;                       // share of frames
};

class BadLink {
 public:
  /// A device called `here` where process `this_side` is, one called `there` at `other_side`, both
  /// down. Throws std::system_error where the kernel makes none (/dev/net/tun).
  BadLink(pid_t this_side, const std::string& here, pid_t other_side, const std::string& there,
          BadTimes times);
  BadLink(const BadLink&) = delete;
  BadLink& operator=(const BadLink&) = delete;
  ~BadLink();

  /// Frames so far.
  std::uint64_t lost() const { return lost_; }

 private:
  void carry();

  FileDescriptor ends_[2];
  BadTimes times_;
  std::mt19937 random_{1};  // the same losses each time
  std::atomic<std::uint64_t> lost_ = 0;
  std::atomic<bool> ends_now_ = false;
  std::thread thread_;
};

}  // namespace parlab
