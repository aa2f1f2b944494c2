#include "kernels/sharing/pool/processes/task_board.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <thread>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/spin.hpp"

namespace parlab {
namespace {

/// Tasks on the board, at least: workers that run them in 0.1 us each are busy for long enough that
/// the pool may be put to sleep and woken meanwhile.
constexpr std::size_t min_places = 1024;

/// Longer inputs on the board, at least; 8 KiB each, they fill a quarter of a second-level cache.
constexpr std::size_t min_blocks = 32;

/// The owner of a place has as many bits.
constexpr int owner_bits = 16;
constexpr std::uint64_t owner_mask = (1U << owner_bits) - 1;
constexpr std::uint64_t taken_back = owner_mask;
constexpr std::size_t max_workers = 60000;

std::size_t places_for(std::size_t workers) {
  if (workers > max_workers) throw OutOfRoom("a pool has room for 60000 workers");
  return std::bit_ceil(std::min(std::max(min_places, 2 * workers), max_workers / 2));
}
std::size_t blocks_for(std::size_t workers) { return std::max(min_blocks, 2 * workers); }

}  // namespace

TaskBoard::TaskBoard(int workers)
    : workers_(workers),
      count_(static_cast<std::uint32_t>(places_for(static_cast<std::size_t>(workers)))),
      blocks_(static_cast<std::uint32_t>(blocks_for(static_cast<std::size_t>(workers)))),
      // Where cores are few, most would look in vain.
      look_for_(static_cast<unsigned>(workers) <= 2 * std::thread::hardware_concurrency()
                    ? look_before_sleep
                    : std::chrono::microseconds(0)),
      shared_(0),
      memory_(bytes_of_elements(static_cast<std::size_t>(workers), sizeof(Cell),
                                count_ * (sizeof(Place) + sizeof(std::atomic<std::uint64_t>)) +
                                    blocks_ * max_input_bytes)) {
  std::byte* next = memory_.data();
  const auto take = [&]<class T>(T*& first, std::size_t count) {
    first = reinterpret_cast<T*>(next);
    for (std::size_t i = 0; i < count; ++i) new (first + i) T;
    next += count * sizeof(T);
  };
  take(cells_, static_cast<std::size_t>(workers));
  take(places_, count_);
  take(order_, count_);
  inputs_ = next;
  // From the back: what was free for the shortest time is in the cache.
  for (std::uint32_t i = count_; i > 0; --i) free_places_.push_back(i - 1);
  for (std::uint32_t i = blocks_; i > 0; --i) free_blocks_.push_back(i - 1);
}

bool TaskBoard::has_place(std::size_t input_bytes) {
  if (free_places_.empty() || unclaimed() >= count_) return false;
  if (input_bytes > max_input_bytes) return streamed_ < 2 * workers_;
  return input_bytes <= inlined_bytes || !free_blocks_.empty();
}

TaskTicket TaskBoard::put(PoolTask::Runner runner, std::uint64_t first_item, std::uint64_t call,
                          BytesView input) {
  const std::uint32_t number = free_places_.back();
  free_places_.pop_back();
  Place& place = places_[number];
  const TaskTicket ticket((place.owner.load() >> owner_bits) + 1, number);
  place.runner = runner;
  place.first_item = first_item;
  place.call = call;
  place.progress.at_item(first_item);
  place.input_bytes = static_cast<std::uint32_t>(std::min(input.size(), max_input_bytes));
  if (input.size() > max_input_bytes) {
    place.block = streamed;
    ++streamed_;
  } else if (input.size() > inlined_bytes) {
    place.block = free_blocks_.back();
    free_blocks_.pop_back();
    std::memcpy(inputs_ + place.block * max_input_bytes, input.data(), input.size());
  } else {
    place.block = inlined;
    if (!input.empty()) std::memcpy(place.input.data(), input.data(), input.size());
  }
  place.owner.store(ticket.use() << owner_bits, std::memory_order_release);
  const std::uint64_t tail = shared_->tail.load(std::memory_order_relaxed);
  order_[tail % count_].store(ticket.bits(), std::memory_order_release);
  shared_->tail.store(tail + 1);
  return ticket;
}

std::uint64_t TaskBoard::unclaimed() const {
  const std::uint64_t head = shared_->head.load();  // first: it never passes the tail
  return shared_->tail.load() - head;
}

void TaskBoard::wake_workers(bool more) {
  const auto low = more ? static_cast<std::uint32_t>(unclaimed() / 4 + 1) : 0;
  if (shared_->low_water.load(std::memory_order_relaxed) != low) shared_->low_water.store(low);
  wake_sleepers();
}

/// As many as there are tasks that nobody looks for.
void TaskBoard::wake_sleepers() {
  std::uint64_t unseen = unclaimed();
  // One that looks finds a task, or wakes another when it has found one and there are more.
  for (int i = 0; unseen > 0 && i < workers_; ++i)
    if (cells_[i].state.load() == State::looking) --unseen;
  if (unseen > 0)
    shared_->put.notify(static_cast<int>(std::min(unseen, static_cast<std::uint64_t>(workers_))));
}

void TaskBoard::wake_workers_again() {
  if (unclaimed() > 0) shared_->put.notify_all();
}

void TaskBoard::remove(TaskTicket ticket) {
  const Place& place = places_[ticket.place()];
  if (place.block == streamed) --streamed_;
  if (place.block < blocks_) free_blocks_.push_back(place.block);
  free_places_.push_back(ticket.place());
}

std::optional<int> TaskBoard::owner(TaskTicket ticket, bool take_back) {
  std::atomic<std::uint64_t>& owner = places_[ticket.place()].owner;
  std::uint64_t now = ticket.use() << owner_bits;
  if (!take_back || !owner.compare_exchange_strong(now, now | taken_back)) now = owner.load();
  const std::uint64_t who = now & owner_mask;
  if (who == 0 || who == taken_back) return std::nullopt;
  return static_cast<int>(who - 1);
}

void TaskBoard::release_workers() {
  shared_->released.store(true);
  shared_->put.notify_all();
}

void TaskBoard::dismiss(int worker) {
  Cell& cell = cells_[worker];
  cell.dismissed.store(true);
  shared_->put.notify_all();
  cell.answers.emptied.notify_all();
  cell.inputs.filled.notify_all();
}

void TaskBoard::reset(int worker) {
  Cell& cell = cells_[worker];
  cell.answers.reset();
  cell.inputs.reset();
  cell.state.store(State::working);
  cell.dismissed.store(false);
}

bool TaskBoard::has_answers() const {
  return std::any_of(cells_, cells_ + workers_, [](const Cell& cell) {
    return cell.answers.has_some() && !cell.dismissed.load(std::memory_order_relaxed);
  });
}

void TaskBoard::sleep(Deadline deadline) noexcept {
  if (!deadline.passed()) futex_wait_through_signals(shared_->server_sleeps, 1, deadline);
  shared_->server_sleeps.store(0);
}

void TaskBoard::wake_server() noexcept {
  FutexWord& sleeps = shared_->server_sleeps;
  if (sleeps.load() == 1 && sleeps.exchange(0) == 1) futex_wake(sleeps, 1);
}

std::optional<TaskTicket> TaskBoard::try_claim(int worker) {
  for (;;) {
    std::uint64_t head = shared_->head.load();
    if (head == shared_->tail.load()) return std::nullopt;
    const TaskTicket ticket(order_[head % count_].load(std::memory_order_acquire));
    // Else it may be a later one, where this worker was held up for a whole round of the ring.
    if (shared_->head.load() != head) continue;
    std::uint64_t unowned = ticket.use() << owner_bits;
    const bool claimed = places_[ticket.place()].owner.compare_exchange_strong(
        unowned, unowned | static_cast<std::uint64_t>(worker + 1));
    // Whoever has claimed it may be gone by now.
    shared_->head.compare_exchange_strong(head, head + 1);
    if (claimed) return ticket;
  }
}

bool TaskBoard::is_news(int worker, std::uint64_t last, std::optional<TaskTicket> next) {
  return !next || places_[next->place()].call != last ||
         unclaimed() < shared_->low_water.load(std::memory_order_relaxed) ||
         cells_[worker].answers.is_filling();
}

std::optional<ClaimedTask> TaskBoard::claim(int worker, std::optional<std::uint64_t> last) {
  std::optional<TaskTicket> next;
  if (!cells_[worker].dismissed.load(std::memory_order_relaxed)) next = try_claim(worker);
  if (last && shared_->server_sleeps.load() != 0 && is_news(worker, *last, next)) wake_server();
  if (!next) next = wait_for_task(worker);
  if (!next) return std::nullopt;
  return look_at(*next);
}

ClaimedTask TaskBoard::look_at(TaskTicket ticket) const {
  Place& place = places_[ticket.place()];
  ClaimedTask task{ticket,     place.runner,    place.first_item,
                   place.call, &place.progress, std::nullopt};
  if (place.block != streamed)
    task.input = BytesView(
        place.block == inlined ? place.input.data() : inputs_ + place.block * max_input_bytes,
        place.input_bytes);
  return task;
}

std::optional<TaskTicket> TaskBoard::wait_for_task(int worker) {
  Cell& cell = cells_[worker];
  std::optional<TaskTicket> task;
  bool ends = false;
  const auto found = [&] {
    // First: where nothing more will be put, there is none left if none is found.
    ends = cell.dismissed.load() || shared_->released.load();
    if (!cell.dismissed.load()) task = try_claim(worker);
    return task || ends;
  };
  for (;;) {
    cell.state.store(State::looking);
    if (spin_until(found, look_for_)) break;
    cell.state.store(State::asleep);
    const std::uint32_t ticket = shared_->put.prepare_wait();
    if (found()) break;
    shared_->put.wait_for_notify(ticket);
  }
  cell.state.store(State::working);
  if (task && unclaimed() > 0) wake_sleepers();
  return task;
}

template <class Ready>
bool TaskBoard::wait_for(int worker, EventCount& event, const Ready& ready) {
  const std::atomic<bool>& dismissed = cells_[worker].dismissed;
  const auto done = [&] { return ready() || dismissed.load(); };
  if (!spin_until(done, look_for_)) {
    for (;;) {
      const std::uint32_t ticket = event.prepare_wait();
      if (done()) break;
      event.wait_for_notify(ticket);
    }
  }
  return !dismissed.load();
}

bool TaskBoard::write_answer(int worker, BytesView message) {
  ByteStream& stream = cells_[worker].answers;
  StreamWriter writer;
  while (!writer.write(stream, message)) {
    wake_server();
    if (!wait_for(worker, stream.emptied, [&] { return stream.has_room(); })) return false;
  }
  return true;
}

bool TaskBoard::read_input(int worker, StreamReader& reader) {
  ByteStream& stream = cells_[worker].inputs;
  while (!reader.read(stream)) {
    wake_server();  // there is room for more
    if (!wait_for(worker, stream.filled, [&] { return stream.has_some(); })) return false;
  }
  return true;
}

}  // namespace parlab
