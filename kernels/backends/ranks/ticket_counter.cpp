#include "kernels/backends/ranks/ticket_counter.hpp"

#include <signal.h>

#include <chrono>

#include "kernels/backends/ranks/rank_naps.hpp"

namespace parlab {
namespace {

constexpr int ask_tag = 1, answer_tag = 2;

/// Of the thread that answers: each look takes some 5 us.
constexpr std::chrono::microseconds between_looks{200};

}  // namespace

SharedCounter::SharedCounter(std::mutex& mpi, int rank) : mpi_(mpi), rank_(rank) {
  const MPI_Aint bytes = rank == 0 ? sizeof(std::uint64_t) * 2 : 0;
  MPI_Win_allocate(bytes, sizeof(std::uint64_t), MPI_INFO_NULL, MPI_COMM_WORLD,
                   static_cast<void*>(&tickets_), &window_);
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window_);
  if (rank == 0) {
    tickets_[0] = tickets_[1] = 0;
    MPI_Win_sync(window_);
  }
}

SharedCounter::~SharedCounter() {
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

std::uint64_t SharedCounter::next(std::uint64_t run) {
  const std::scoped_lock one(mpi_);
  // Two counters: while one counts, the next run's is put back to 0 by the rank that holds them,
  // when it has taken its first ticket of this run, and with that has seen the end of the last.
  if (run != run_) {
    run_ = run;
    if (rank_ == 0) {
      const std::uint64_t zero = 0;
      std::uint64_t before = 0;
      MPI_Fetch_and_op(&zero, &before, MPI_UINT64_T, 0, static_cast<MPI_Aint>((run + 1) % 2),
                       MPI_REPLACE, window_);
      MPI_Win_flush(0, window_);
    }
  }
  const std::uint64_t step = 1;
  std::uint64_t ticket = 0;
  MPI_Fetch_and_op(&step, &ticket, MPI_UINT64_T, 0, static_cast<MPI_Aint>(run % 2), MPI_SUM,
                   window_);
  MPI_Win_flush(0, window_);
  return ticket;
}

AskedCounter::AskedCounter(std::mutex& mpi, int rank) : mpi_(mpi), rank_(rank) {
  MPI_Comm_dup(MPI_COMM_WORLD, &comm_);
  if (rank == 0) thread_ = std::thread([this] { serve(); });
}

AskedCounter::~AskedCounter() {
  if (thread_.joinable()) {
    {
      const std::scoped_lock one(mutex_);
      ends_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  MPI_Comm_free(&comm_);
}

std::uint64_t AskedCounter::next(std::uint64_t run) {
  if (rank_ == 0) {
    const std::scoped_lock one(mutex_);
    if (!is_serving_) {
      is_serving_ = true;
      changed_.notify_one();
    }
    return count(run);
  }
  // One thread of a rank at a time: an answer does not say which question it is for.
  const std::scoped_lock one_question(mutex_);
  std::uint64_t ticket = 0;
  MPI_Request request = MPI_REQUEST_NULL;
  {
    const std::scoped_lock one(mpi_);
    MPI_Irecv(&ticket, 1, MPI_UINT64_T, 0, answer_tag, comm_, &request);
    MPI_Send(&run, 1, MPI_UINT64_T, 0, ask_tag, comm_);  // so small that it does not wait
  }
  wait_until([&] {
    const std::scoped_lock one(mpi_);
    int is_there = 0;
    MPI_Test(&request, &is_there, MPI_STATUS_IGNORE);
    return is_there != 0;
  });
  return ticket;  // NOLINT(clang-analyzer-optin.mpi.MPI-Checker): tested above
}

void AskedCounter::rest() {
  if (rank_ != 0) return;
  const std::scoped_lock one(mutex_);
  is_serving_ = false;
}

std::uint64_t AskedCounter::count(std::uint64_t run) {
  if (run != run_) {
    run_ = run;
    tickets_ = 0;
  }
  return tickets_++;
}

void AskedCounter::answer_all() {
  const std::scoped_lock one(mpi_);
  for (;;) {
    int is_there = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, ask_tag, comm_, &is_there, &status);
    if (is_there == 0) return;
    std::uint64_t run = 0;
    MPI_Recv(&run, 1, MPI_UINT64_T, status.MPI_SOURCE, ask_tag, comm_, MPI_STATUS_IGNORE);
    const std::uint64_t ticket = count(run);
    MPI_Send(&ticket, 1, MPI_UINT64_T, status.MPI_SOURCE, answer_tag, comm_);
  }
}

void AskedCounter::serve() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::unique_lock one(mutex_);
  for (;;) {
    changed_.wait(one, [&] { return is_serving_ || ends_; });
    if (ends_) return;
    answer_all();
    changed_.wait_for(one, between_looks, [&] { return ends_; });
  }
}

}  // namespace parlab
