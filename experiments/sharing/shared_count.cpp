#include "experiments/sharing/shared_count.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <system_error>

#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/memory/value.hpp"
#include "kernels/sharing/sync/file_lock.hpp"
#include "kernels/sharing/sync/lock.hpp"

namespace parlab {
namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Decimal digits in a file without a name, as a counting script keeps them.
class FileCount : public SharedCount {
 public:
  FileCount() : file_(memfd_create("parlab-count", MFD_CLOEXEC)) {
    if (!file_) throw_errno("cannot make a file to count in");
  }
  void clear() override { write(0); }
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) write(read() + 1);
  }
  std::uint64_t get() override { return read(); }

 protected:
  int fileno() const { return file_.get(); }
  std::uint64_t read() const {
    std::array<char, 24> text{};
    const ssize_t size = pread(file_.get(), text.data(), text.size(), 0);
    if (size < 0) throw_errno("cannot read the count");
    std::uint64_t count = 0;
    std::from_chars(text.data(), text.data() + size, count);
    return count;
  }
  void write(std::uint64_t count) const {
    // Padded, so that a shorter number leaves no digits of a longer one.
    const std::string text = fmt::format("{:020}", count);
    if (pwrite(file_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      throw_errno("cannot write the count");
  }

 private:
  FileDescriptor file_;
};

/// The same with a FileLock around each update.
class LockedFileCount final : public FileCount {
 public:
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) {
      const std::lock_guard held(lock_);
      FileCount::add(1);
    }
  }

 private:
  // The file has no name: each process reaches it by the descriptor that it inherited.
  FileLock lock_{fmt::format("/proc/self/fd/{}", fileno())};
};

class UnlockedValueCount : public SharedCount {
 public:
  void clear() override { value_.store(0); }
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) value_.store(value_.load() + 1);
  }
  std::uint64_t get() override { return value_.load(); }

 protected:
  RawValue<std::uint64_t> value_;
};

class RawValueLockCount final : public UnlockedValueCount {
 public:
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) {
      const std::lock_guard held(lock_);
      UnlockedValueCount::add(1);
    }
  }

 private:
  Lock lock_;
};

class AtomicCount final : public UnlockedValueCount {
 public:
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) value_.fetch_add(1);
  }
};

class ValueCount final : public SharedCount {
 public:
  void clear() override { value_.set(0); }
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) value_.update([](std::uint64_t& count) { ++count; });
  }
  std::uint64_t get() override { return value_.get(); }

 private:
  Value<std::uint64_t> value_;
};

class ManagerLockCount final : public SharedCount {
 public:
  void clear() override { value_.set(0); }
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) {
      const std::scoped_lock held(lock_);
      value_.set(get() + 1);
    }
  }
  std::uint64_t get() override { return value_.get(); }

 private:
  Manager manager_;
  ManagedValue value_ = manager_.value(0);
  ManagedLock lock_ = manager_.lock();
};

class ManagerCounterCount final : public SharedCount {
 public:
  void clear() override { counter_.add(-counter_.get()); }
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) counter_.add(1);
  }
  std::uint64_t get() override { return static_cast<std::uint64_t>(counter_.get()); }

 private:
  Manager manager_;
  ManagedCounter counter_ = manager_.counter();
};

class RedisCount final : public SharedCount {
 public:
  explicit RedisCount(RedisAddress address)
      : redis_(std::move(address)), key_(fmt::format("parlab:{}:count", getpid())) {}
  void clear() override { redis_.set(key_, "0"); }
  void add(std::uint64_t times) override {
    for (std::uint64_t i = 0; i < times; ++i) redis_.increment(key_);
  }
  std::uint64_t get() override { return std::stoull(redis_.get(key_).value_or("0")); }

 private:
  Redis redis_;
  std::string key_;
};

template <class Count>
std::unique_ptr<SharedCount> make(const RedisAddress&) {
  return std::make_unique<Count>();
}

}  // namespace

const std::vector<CounterKind>& counter_kinds() {
  static const std::vector<CounterKind> counters = {
      {"atomic", "RawValue::fetch_add: one instruction", false, false, make<AtomicCount>},
      {"value_unlocked", "RawValue, load and store: loses updates", true, false,
       make<UnlockedValueCount>},
      {"raw_value_lock", "RawValue with a Lock", false, false, make<RawValueLockCount>},
      {"value", "Value, which has its lock", false, false, make<ValueCount>},
      {"file_unlocked", "digits in a file, read and written: loses updates", true, false,
       make<FileCount>},
      {"file_lock", "the same under a FileLock", false, false, make<LockedFileCount>},
      {"manager_counter", "a manager's Counter: one round trip", false, false,
       make<ManagerCounterCount>},
      {"manager_lock", "a manager's Value under its Lock: four round trips", false, false,
       make<ManagerLockCount>},
      {"redis_incr", "INCR of a Redis server: one round trip", false, true,
       [](const RedisAddress& redis) -> std::unique_ptr<SharedCount> {
         return std::make_unique<RedisCount>(redis);
       }},
  };
  return counters;
}

}  // namespace parlab
