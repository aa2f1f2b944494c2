#pragma once

// What the sharing library throws. Each message says what happened and what to do.

#include <cstdint>
#include <stdexcept>
#include <string>

namespace parlab {

/// The base of all below, so that one handler takes them.
class SharingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The last owner of a lock died while it held it: what the lock guards may be half written.
class Poisoned : public SharingError {
 public:
  Poisoned()
      : SharingError(
            "the owner of this lock died while it held it: repair what it guards within "
            "recover(), or make the lock with a recover callback") {}
};

/// The other side is gone: nothing will come any more, or nobody will read what is sent.
class EndOfFile : public SharingError {
 public:
  using SharingError::SharingError;
};

/// A wait ended without what it waited for.
class TimedOut : public SharingError {
 public:
  using SharingError::SharingError;
};

/// A queue stayed empty until the deadline.
class Empty : public TimedOut {
 public:
  Empty() : TimedOut("the queue stayed empty until the deadline") {}
};

/// A queue stayed full until the deadline.
class Full : public TimedOut {
 public:
  Full() : TimedOut("the queue stayed full until the deadline") {}
};

/// A queue was closed: nothing more can be put, and nothing is left to get.
class Closed : public EndOfFile {
 public:
  Closed() : EndOfFile("the queue is closed") {}
};

/// A message does not fit where it is sent, or is not what the receiver asked for.
class BadMessage : public SharingError {
 public:
  using SharingError::SharingError;
};

/// A barrier was broken: by abort(), or because a party did not come in time.
class BrokenBarrier : public SharingError {
 public:
  using SharingError::SharingError;
};

/// fork() was not called, because the child could not be trusted; the message says why.
class ForkRefused : public SharingError {
 public:
  using SharingError::SharingError;
};

/// A worker of a pool died in a task. The task was not run again.
class WorkerDied : public SharingError {
 public:
  /// `signal` is 0 where the worker ended by itself; `index` is that of the item it was at.
  WorkerDied(int signal, std::uint64_t index, const std::string& cause)
      : SharingError("a worker died at item " + std::to_string(index) + ": " + cause),
        signal_(signal),
        index_(index) {}
  int signal() const { return signal_; }
  std::uint64_t index() const { return index_; }

 private:
  int signal_;
  std::uint64_t index_;
};

/// A task threw in another process: the type's name and the message crossed.
class TaskFailed : public SharingError {
 public:
  TaskFailed(const std::string& type, const std::string& message)
      : SharingError(message), type_(type) {}
  /// As the compiler writes it: "std::out_of_range"
  const std::string& type() const { return type_; }

 private:
  std::string type_;
};

/// A shared segment is not what was asked for: another size, type or version, or none.
class WrongSegment : public SharingError {
 public:
  using SharingError::SharingError;
};

/// The machine has no room left for what was asked: memory, /dev/shm, file descriptors.
class OutOfRoom : public SharingError {
 public:
  using SharingError::SharingError;
};

}  // namespace parlab
