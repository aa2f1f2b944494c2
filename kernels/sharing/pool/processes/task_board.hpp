#pragma once

// The tasks of a pool of processes, in shared memory. The pool puts them; whichever worker is free
// claims the next, so that none waits behind another that takes long, and no worker waits for the pool
// while there are tasks. Answers go back through a stream of each worker.
//
// A task lies in a place, which it has until it is answered; a ring says in which order places are
// claimed. A claim is one compare-and-swap on the place's owner: whoever is killed, and when, the
// task has no owner or that one. The ring's head follows: whoever finds a claimed task at the head
// moves it on. (Michael and Scott, PODC'96, do the same for a queue's tail.)
//
// Nobody calls the kernel to wake who does not sleep. The pool wakes as many workers as there are
// tasks that no worker looks for. A worker wakes the pool when its next task is not of the same
// call: whoever finishes a call does that last. And when tasks, or room for answers, run short.
//
// Cost: a compare-and-swap a task and side, two or three cache lines that move from core to core; a
// wake-up where a side sleeps.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/posix/futex.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "kernels/sharing/pool/processes/byte_stream.hpp"
#include "kernels/sharing/pool/worker_group.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

/// A place and how often it was used: means one task of all.
class TaskTicket {
 public:
  TaskTicket() = default;
  TaskTicket(std::uint64_t use, std::uint32_t place) : bits_(use << place_bits | place) {}
  explicit TaskTicket(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t bits() const { return bits_; }
  std::uint64_t use() const { return bits_ >> place_bits; }
  std::uint32_t place() const { return bits_ & ((1U << place_bits) - 1); }
  bool operator==(const TaskTicket&) const = default;

 private:
  static constexpr int place_bits = 16;
  std::uint64_t bits_ = 0;
};

/// What a worker gets of a task.
struct ClaimedTask {
  TaskTicket ticket;
  PoolTask::Runner runner;
  std::uint64_t first_item;
  std::uint64_t call;
  WorkerProgress* progress;
  std::optional<BytesView> input;  // none: it comes through the worker's stream
};

class TaskBoard {
 public:
  /// Bytes of an input that lies on the board; a longer one goes to its worker in a stream.
  static constexpr std::size_t max_input_bytes = std::size_t{64} << 10;

  /// Throws std::system_error where the address space does not allow it.
  explicit TaskBoard(int workers);

  // By the pool, one thread at a time:

  /// Whether put() has a place for an input of so many bytes.
  bool has_place(std::size_t input_bytes);
  /// Requires has_place().
  TaskTicket put(PoolTask::Runner runner, std::uint64_t first_item, std::uint64_t call,
                 BytesView input);
  /// Tasks that no worker has claimed.
  std::uint64_t unclaimed() const;
  /// After some were put, or a worker died: as many workers as have to wake. `more`: others wait for
  /// a place.
  void wake_workers(bool more);
  /// All that sleep, whether they were notified or not: those who were may be stopped.
  void wake_workers_again();
  /// Its place is free again.
  void remove(TaskTicket ticket);
  /// Whose it is; none where no worker has claimed it. Then, with `take_back`, none will.
  std::optional<int> owner(TaskTicket ticket, bool take_back = false);
  /// The item that its worker is at.
  std::uint64_t item(TaskTicket ticket) const { return places_[ticket.place()].progress.item(); }

  /// From here on workers end when there is no task to claim.
  void release_workers();
  /// The worker ends as soon as it looks.
  void dismiss(int worker);
  /// After its death, before another comes.
  void reset(int worker);

  /// Whether something came from a worker since it was read.
  bool has_answers() const;
  ByteStream& answers(int worker) { return cells_[worker].answers; }
  ByteStream& inputs(int worker) { return cells_[worker].inputs; }

  // Whoever serves the pool sleeps; anyone may wake it, a worker when it has to know something.
  // To be used as an EventCount: sleep is announced first, and then there is a last look.
  void announce_sleep() { shared_->server_sleeps.store(1); }
  void sleep(Deadline deadline) noexcept;
  void wake_server() noexcept;

  // By a worker:

  /// The next task. Where there is none, it is waited for; nothing: the worker is to end. `last` is
  /// the call of its last one, of which the pool may have to know.
  std::optional<ClaimedTask> claim(int worker, std::optional<std::uint64_t> last);
  /// Waits while the streams are full, or empty. False where the worker is to end.
  bool write_answer(int worker, BytesView message);
  bool read_input(int worker, StreamReader& reader);

 private:
  static constexpr std::size_t inlined_bytes = 80;    // so that a place is two cache lines
  static constexpr std::uint32_t inlined = ~0U;       // the input lies beside the task
  static constexpr std::uint32_t streamed = ~0U - 1;  // it comes through the worker's stream

  struct alignas(64) Place {
    /// use << 16 | worker + 1; 0: no worker; all ones: taken back.
    std::atomic<std::uint64_t> owner = 0;
    PoolTask::Runner runner = nullptr;
    std::uint64_t first_item = 0;
    std::uint64_t call = 0;
    WorkerProgress progress;
    std::uint32_t block = inlined;
    std::uint32_t input_bytes = 0;
    std::array<std::byte, inlined_bytes> input{};
  };
  struct Shared {
    alignas(64) std::atomic<std::uint64_t> tail = 0;  // tasks ever put
    alignas(64) std::atomic<std::uint64_t> head = 0;  // tasks ever claimed, or one less a worker
    alignas(64) FutexWord server_sleeps = 0;
    std::atomic<bool> released = false;
    std::atomic<std::uint32_t> low_water = 0;  // fewer unclaimed tasks than that are news
    alignas(64) EventCount put;
  };
  enum class State : std::uint32_t { working, looking, asleep };
  struct Cell {
    alignas(64) std::atomic<State> state = State::working;
    std::atomic<bool> dismissed = false;
    ByteStream answers, inputs;
  };

  std::optional<TaskTicket> try_claim(int worker);
  std::optional<TaskTicket> wait_for_task(int worker);
  void wake_sleepers();
  /// Whether the pool has to know that a worker is done with a task of `last` and has claimed `next`.
  bool is_news(int worker, std::uint64_t last, std::optional<TaskTicket> next);
  ClaimedTask look_at(TaskTicket ticket) const;
  template <class Ready>
  bool wait_for(int worker, EventCount& event, const Ready& ready);

  int workers_;
  std::uint32_t count_;   // of places, a power of two
  std::uint32_t blocks_;  // of inputs that do not lie beside their task
  std::chrono::nanoseconds look_for_;
  SharedObject<Shared> shared_;
  SharedMapping memory_;
  Place* places_;
  std::atomic<std::uint64_t>* order_;  // tickets
  Cell* cells_;
  std::byte* inputs_;
  // The pool's own.
  std::vector<std::uint32_t> free_places_;
  std::vector<std::uint32_t> free_blocks_;
  int streamed_ = 0;  // tasks whose input is kept until a worker asks for it
};

}  // namespace parlab
