#include "kernels/machine/processors/worker_places.hpp"

#include <atomic>
#include <cstddef>
#include <memory>

#include "kernels/machine/processors/processor_set.hpp"

namespace parlab {
namespace {

struct Places {
  std::vector<int> processors;
  std::unique_ptr<std::atomic<bool>[]> taken;
  std::atomic<std::size_t> shared = 0;  // handed out to workers for whom none was free

  std::size_t size() const { return processors.size(); }
};

/// Never destroyed: threads give their places back until the very end.
Places& places() {
  static Places& all = *new Places;
  return all;
}

void bind_to(const std::vector<int>& processors) {
  ProcessorSet set{};
  for (const int processor : processors) set.add(processor);
  bind_thread(set);  // where the kernel refuses, the thread stays where it may be
}

/// What a thread has taken; given back as the thread ends.
class PlaceOfThread {
 public:
  PlaceOfThread() = default;
  PlaceOfThread(const PlaceOfThread&) = delete;
  PlaceOfThread& operator=(const PlaceOfThread&) = delete;
  ~PlaceOfThread() { give_back(); }

  bool has() const { return has_; }
  void take() {
    Places& all = places();
    for (std::size_t place = 0; place < all.size(); ++place)
      if (!all.taken[place].exchange(true, std::memory_order_relaxed)) {
        owned_ = &all.taken[place];
        return settle(place);
      }
    settle(all.shared.fetch_add(1, std::memory_order_relaxed) % all.size());
  }
  void settle(std::size_t place) {
    has_ = true;
    bind_to({places().processors[place]});
  }
  void give_back() {
    if (owned_ != nullptr) owned_->store(false, std::memory_order_relaxed);
    owned_ = nullptr;
    has_ = false;
  }

 private:
  bool has_ = false;
  std::atomic<bool>* owned_ = nullptr;
};
thread_local PlaceOfThread place_of_thread;

}  // namespace

void set_worker_places(const std::vector<int>& processors) {
  places().taken = std::make_unique<std::atomic<bool>[]>(processors.size());
  places().processors = processors;
}

bool has_worker_places() { return places().size() > 0; }

void take_worker_place() {
  if (!place_of_thread.has()) place_of_thread.take();
}

void take_worker_place(int worker) {
  if (has_worker_places())
    place_of_thread.settle(static_cast<std::size_t>(worker) % places().size());
}

void leave_worker_place() {
  if (!place_of_thread.has()) return;
  place_of_thread.give_back();
  bind_to(places().processors);
}

}  // namespace parlab
