#pragma once

// One shared array and standing processes that fill its rows, or read them, when told to.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "experiments/sharing/process_memory.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/memory/shared_array.hpp"
#include "kernels/sharing/messages/connection.hpp"

namespace parlab {

class SharedRows {
 public:
  static constexpr std::uint64_t row_doubles = 8192;  // 64 KiB a row

  /// `rows` is a multiple of 3: the triad takes them by threes, a = b + 3 c.
  SharedRows(std::string method, std::uint64_t rows, int processes);

  /// One pass of all processes; the sum of the array as it is afterwards.
  double run();

  /// The processes' memory together. Makes the pages fresh again where the method asks for that.
  ProcessMemory after_sample();

 private:
  struct Worker {
    Connection orders;
    ChildProcess process;
  };
  enum class Order : char { work, tell_memory };

  bool wants_fresh_pages() const { return method_ == "first_touch" || method_ == "populated"; }
  void make_fresh();
  void serve(Connection& orders, std::uint64_t worker) const;
  double work(std::uint64_t worker) const;
  double sum_by_places() const;

  std::string method_;
  std::uint64_t rows_;
  std::uint64_t processes_;
  SharedArray<double> array_;
  bool fresh_ = true;
  std::vector<Worker> workers_;  // die first
};

}  // namespace parlab
