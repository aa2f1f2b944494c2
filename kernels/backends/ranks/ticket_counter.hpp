#pragma once

// 0, 1, 2, ... to whichever rank asks, counted for each run by itself. Between runs there is
// something collective.

#include <mpi.h>

#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <thread>

namespace parlab {

class TicketCounter {
 public:
  virtual ~TicketCounter() = default;
  virtual std::uint64_t next(std::uint64_t run) = 0;
  /// Nobody asks any more until the next run.
  virtual void rest() {}

 protected:
  static constexpr std::uint64_t no_run = std::numeric_limits<std::uint64_t>::max();
};

/// Of ranks on one machine: memory of rank 0 that the others count up without it (one-sided).
class SharedCounter final : public TicketCounter {
 public:
  explicit SharedCounter(std::mutex& mpi, int rank);
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;
  ~SharedCounter() override;
  std::uint64_t next(std::uint64_t run) override;

 private:
  std::mutex& mpi_;
  int rank_;
  MPI_Win window_ = MPI_WIN_NULL;
  std::uint64_t* tickets_ = nullptr;  // in rank 0
  std::uint64_t run_ = no_run;
};

/// Of ranks on several machines, where an MPI over TCP counts only while rank 0 calls it, or not at
/// all: rank 0 is asked by a message, and a thread of it answers while its chunks compute.
///
/// Cost: a ticket takes some 0.3 ms; the thread 3 % of a processor, while a run is dynamic.
class AskedCounter final : public TicketCounter {
 public:
  explicit AskedCounter(std::mutex& mpi, int rank);
  AskedCounter(const AskedCounter&) = delete;
  AskedCounter& operator=(const AskedCounter&) = delete;
  ~AskedCounter() override;
  std::uint64_t next(std::uint64_t run) override;
  void rest() override;

 private:
  std::uint64_t count(std::uint64_t run);
  void answer_all();
  void serve();

  std::mutex& mpi_;
  int rank_;
  MPI_Comm comm_ = MPI_COMM_NULL;
  // Of rank 0:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_serving_ = false, ends_ = false;
  std::uint64_t run_ = no_run, tickets_ = 0;
  std::thread thread_;
};

}  // namespace parlab
