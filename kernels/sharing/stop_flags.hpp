#pragma once

// Five ways to tell other workers that something was found, all with set(), is_set() and clear():
// from a byte that a thread reads in a third of a nanosecond to a server that is asked in tens of
// microseconds. They differ in who can see them.
//
//   AtomicFlag     threads of this process
//   RawValueFlag   and processes forked after it was made
//   MmapFlag       and any process that maps its file
//   ManagerFlag    and any process that knows the manager's address and key
//   RedisFlag      and any program that reaches the Redis server
//
// Loads are relaxed: a flag is a hint, and orders nothing else.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/backends/search/search.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/redis/redis.hpp"

namespace parlab {

class AtomicFlag {
 public:
  void set() { value_.store(true, std::memory_order_relaxed); }
  void clear() { value_.store(false, std::memory_order_relaxed); }
  bool is_set() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> value_ = false;
};

/// One byte in anonymous shared memory.
class RawValueFlag {
 public:
  RawValueFlag() : memory_(sizeof(std::atomic<bool>)), value_(make(memory_.data())) {}
  void set() { value_->store(true, std::memory_order_relaxed); }
  void clear() { value_->store(false, std::memory_order_relaxed); }
  bool is_set() const { return value_->load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);
  static std::atomic<bool>* make(std::byte* place) {
    return std::construct_at(reinterpret_cast<std::atomic<bool>*>(place), false);
  }
  SharedMapping memory_;
  std::atomic<bool>* value_;
};

/// One byte of a file in memory (memfd), mapped.
class MmapFlag {
 public:
  MmapFlag();
  MmapFlag(const MmapFlag&) = delete;
  MmapFlag& operator=(const MmapFlag&) = delete;
  ~MmapFlag();
  void set() { value_->store(true, std::memory_order_relaxed); }
  void clear() { value_->store(false, std::memory_order_relaxed); }
  bool is_set() const { return value_->load(std::memory_order_relaxed); }

  /// What another process maps, as long as this object lives.
  int fileno() const { return file_.get(); }

 private:
  FileDescriptor file_;
  std::atomic<bool>* value_;
};

/// A value of a manager: each read is a round trip.
class ManagerFlag {
 public:
  explicit ManagerFlag(const Manager& manager) : ManagerFlag(manager.client()) {}
  explicit ManagerFlag(const ManagerClient& client)
      : value_(managed<ManagedValue>(client, "Value", {.initial = false})) {
    clear();
  }
  void set() { value_.set_bytes("1"); }
  void clear() { value_.set_bytes("0"); }
  bool is_set() const { return value_.get_bytes() == "1"; }

 private:
  ManagedValue value_;
};

/// A key of a Redis server: each read is a round trip.
class RedisFlag {
 public:
  enum class WhenGone {
    fail,        // RedisError, from set() and is_set() alike
    keep_local,  // go on with a byte in shared memory, as a RawValueFlag
  };
  RedisFlag(RedisAddress address, std::string key, WhenGone when_gone = WhenGone::fail)
      : redis_(std::move(address)), key_(std::move(key)), when_gone_(when_gone) {}

  void set() {
    local_.set();
    ask([&] { redis_.set(key_, "1"); });
  }
  void clear() {
    local_.clear();
    ask([&] { redis_.set(key_, "0"); });
  }
  bool is_set() {
    bool seen = local_.is_set();
    if (!seen) ask([&] { seen = redis_.get(key_) == "1"; });
    return seen;
  }
  /// Whether the server has failed, and the local flag is all there is.
  bool is_local() const { return lost_.is_set(); }

 private:
  template <class Command>
  void ask(const Command& command) {
    if (lost_.is_set()) return;
    try {
      command();
    } catch (const RedisError&) {
      if (when_gone_ == WhenGone::fail) throw;
      lost_.set();  // for all processes: none waits for the server again
    }
  }

  Redis redis_;
  std::string key_;
  WhenGone when_gone_;
  RawValueFlag local_;
  RawValueFlag lost_;
};

static_assert(SharedFlag<AtomicFlag> && SharedFlag<RawValueFlag> && SharedFlag<MmapFlag> &&
              SharedFlag<ManagerFlag> && SharedFlag<RedisFlag>);

}  // namespace parlab
