#include "experiments/sharing/shared_rows.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <system_error>

#include "kernels/backends/static_share.hpp"
#include "kernels/numerics/stream/stream_operations.hpp"

namespace parlab {

SharedRows::SharedRows(std::string method, std::uint64_t rows, int processes)
    : method_(std::move(method)),
      rows_(rows),
      processes_(static_cast<std::uint64_t>(processes)),
      array_({static_cast<std::size_t>(rows), static_cast<std::size_t>(row_doubles)}) {
  for (std::uint64_t worker = 0; worker < processes_; ++worker) {
    std::pair<Connection, Connection> ends = make_pipe();
    Connection& theirs = ends.second;
    ChildProcess process = ChildProcess::fork([&] {
      ends.first.close();
      serve(theirs, worker);
    });
    workers_.push_back({std::move(ends.first), std::move(process)});
  }
  if (wants_fresh_pages()) return;
  for (std::uint64_t row = 0; row < rows_; ++row)
    std::ranges::fill(array_.row(row), static_cast<double>(row));
  fresh_ = false;
}

double SharedRows::run() {
  if (wants_fresh_pages() && !fresh_) make_fresh();
  fresh_ = false;
  if (method_ == "populated") array_.populate();
  for (Worker& worker : workers_) worker.orders.send(Order::work);
  double sum = 0;
  for (Worker& worker : workers_) sum += worker.orders.recv<double>();
  return method_ == "sum" ? sum : sum_by_places();
}

ProcessMemory SharedRows::after_sample() {
  ProcessMemory all{};
  for (Worker& worker : workers_) {
    worker.orders.send(Order::tell_memory);
    const auto memory = worker.orders.recv<ProcessMemory>();
    all.rss_bytes += memory.rss_bytes;
    all.pss_bytes += memory.pss_bytes;
    all.private_bytes += memory.private_bytes;
  }
  if (wants_fresh_pages()) make_fresh();
  return all;
}

/// Gives the pages back to the kernel, out of every process's tables.
void SharedRows::make_fresh() {
  if (madvise(array_.data(), array_.bytes(), MADV_REMOVE) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot give pages back");
  fresh_ = true;
}

void SharedRows::serve(Connection& orders, std::uint64_t worker) const {
  for (;;) {
    if (orders.recv<Order>() == Order::work)
      orders.send(work(worker));
    else
      orders.send(process_memory());
  }
}

double SharedRows::work(std::uint64_t worker) const {
  const IndexRange threes = static_share(rows_ / 3, processes_, worker);
  const IndexRange rows{3 * threes.begin, 3 * threes.end};
  double sum = 0;
  if (method_ == "memset") {
    std::memset(array_.data() + rows.begin * row_doubles, 0,
                rows.size() * row_doubles * sizeof(double));
  } else if (method_ == "sum") {
    for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
      // As many sums at once as hide the addition's latency, in a fixed order.
      std::array<double, 16> sums{};
      const double* values = array_.row(row).data();
      for (std::uint64_t i = 0; i < row_doubles; i += sums.size())
        for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += values[i + lane];
      for (const double one : sums) sum += one;
    }
  } else if (method_ == "triad") {
    const StreamKernel triad = stream_operation("triad").run;
    for (std::uint64_t row = rows.begin; row < rows.end; row += 3)
      triad({array_.row(row).data(), array_.row(row + 1).data(), array_.row(row + 2).data()},
            {0, row_doubles}, Stores::plain);
  } else {
    for (std::uint64_t row = rows.begin; row < rows.end; ++row)
      std::ranges::fill(array_.row(row), static_cast<double>(row));
  }
  return sum;
}

/// Three places of each row, which must be equal; to read all would cost as much as to write it.
double SharedRows::sum_by_places() const {
  double sum = 0;
  for (std::uint64_t row = 0; row < rows_; ++row) {
    const double* values = array_.row(row).data();
    const double first = values[0];
    if (values[row % row_doubles] != first || values[row_doubles - 1] != first) return NAN;
    sum += first * static_cast<double>(row_doubles);
  }
  return sum;
}

}  // namespace parlab
