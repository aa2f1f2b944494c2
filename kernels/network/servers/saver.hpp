#pragma once

// Saves numbers through the delay server on its own thread, so that the caller may compute
// while answers are waited for.

#include <cstdint>
#include <memory>

#include "kernels/network/clients/clients.hpp"

namespace parlab {

class Saver {
 public:
  /// Of the job: port, delay, and at_once, the most requests that are under way.
  explicit Saver(const Job& job);
  Saver(const Saver&) = delete;
  Saver& operator=(const Saver&) = delete;
  ~Saver();

  /// Hands a number over. Blocks while ten times at_once of them wait, so that a caller that is
  /// faster than the server takes no memory without bound.
  void save(std::uint64_t number);
  /// Waits until all that were handed over are saved; returns what has come back since the last
  /// call.
  Fetched wait();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace parlab
