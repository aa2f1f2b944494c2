#include "kernels/sharing/queues/joinable_queue.hpp"

#include <stdexcept>

namespace parlab {

void Unfinished::done() {
  std::uint64_t items = items_.load();
  do {
    if (items == 0) throw std::logic_error("task_done() was called more often than put()");
  } while (!items_.compare_exchange_weak(items, items - 1));
  if (items == 1) none_.notify_all();
}

bool Unfinished::wait_for_none(Deadline deadline) {
  for (;;) {
    const std::uint32_t ticket = none_.prepare_wait();
    if (items_.load() == 0) return true;
    if (deadline.passed()) return false;
    none_.wait(ticket, deadline);
  }
}

}  // namespace parlab
