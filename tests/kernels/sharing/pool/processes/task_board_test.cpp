// Who claims which task, whatever becomes of him.

#include "kernels/sharing/pool/processes/task_board.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "kernels/base/sanitizers.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/pool/processes/worker_tasks.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"
#include "tests/kernels/sharing/traced_kill.hpp"

namespace parlab {
namespace {

void run_nothing(std::uint64_t, WireReader&, Bytes&, WorkerProgress&) {}

BytesView view(const std::string& text) { return std::as_bytes(std::span(text)); }

class TaskBoardTest : public SharingTest {
 protected:
  static TaskTicket put(TaskBoard& board, std::uint64_t number, const std::string& input = "") {
    return board.put(run_nothing, number, 1, view(input));
  }
  /// Claims until there is nothing to claim.
  static std::vector<ClaimedTask> claim_all(TaskBoard& board, int worker) {
    board.release_workers();
    std::vector<ClaimedTask> tasks;
    while (const auto task = board.claim(worker, std::nullopt)) tasks.push_back(*task);
    return tasks;
  }
};

TEST_F(TaskBoardTest, GivesTasksInOrderWithTheirInputs) {
  TaskBoard board(2);
  const std::vector<std::size_t> sizes = {0, 1, 79, 80, 81, 5000, TaskBoard::max_input_bytes};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ASSERT_TRUE(board.has_place(sizes[i]));
    put(board, i, std::string(sizes[i], static_cast<char>('a' + i)));
  }
  EXPECT_EQ(board.unclaimed(), sizes.size());
  const auto tasks = claim_all(board, 1);
  ASSERT_EQ(tasks.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(tasks[i].first_item, i);
    EXPECT_EQ(board.owner(tasks[i].ticket), 1);
    ASSERT_TRUE(tasks[i].input);
    EXPECT_EQ(
        std::string(reinterpret_cast<const char*>(tasks[i].input->data()), tasks[i].input->size()),
        std::string(sizes[i], static_cast<char>('a' + i)));
  }
  EXPECT_EQ(board.unclaimed(), 0u);
}

TEST_F(TaskBoardTest, HasNoMorePlacesThanItHas) {
  TaskBoard board(1);
  std::vector<TaskTicket> tickets;
  while (board.has_place(1)) tickets.push_back(put(board, tickets.size(), "x"));
  EXPECT_GE(tickets.size(), 1000u);
  EXPECT_EQ(claim_all(board, 0).size(), tickets.size());
  EXPECT_FALSE(board.has_place(1)) << "claimed, and not answered";
  board.remove(tickets[5]);
  EXPECT_TRUE(board.has_place(1)) << "whatever becomes of those before it";
  EXPECT_NE(put(board, 1), tickets[5]) << "another task in the same place";
}

TEST_F(TaskBoardTest, HoldsFewLongInputsAndKeepsThosePlacesForOthers) {
  TaskBoard board(2);
  const std::string input(TaskBoard::max_input_bytes + 1, 'x');
  int streamed = 0;
  for (; board.has_place(input.size()); ++streamed) put(board, 0, input);
  EXPECT_EQ(streamed, 2 * 2);
  EXPECT_TRUE(board.has_place(TaskBoard::max_input_bytes));
  for (const ClaimedTask& task : claim_all(board, 0)) EXPECT_FALSE(task.input);
}

TEST_F(TaskBoardTest, GivesNoTaskThatWasTakenBack) {
  TaskBoard board(1);
  std::vector<TaskTicket> tickets;
  for (std::uint64_t i = 0; i < 6; ++i) tickets.push_back(put(board, i));
  for (const std::size_t i : {0, 2, 5}) {
    EXPECT_EQ(board.owner(tickets[i], true), std::nullopt);
    board.remove(tickets[i]);
  }
  put(board, 6);  // in a place whose old ticket still stands in the order
  std::vector<std::uint64_t> items;
  for (const ClaimedTask& task : claim_all(board, 0)) items.push_back(task.first_item);
  EXPECT_EQ(items, (std::vector<std::uint64_t>{1, 3, 4, 6}));
  EXPECT_EQ(board.owner(tickets[1], true), 0) << "too late";
}

TEST_F(TaskBoardTest, GivesEachTaskToOneWorkerWhileTheyRace) {
  constexpr int workers = 4;
  constexpr std::uint64_t tasks = 200'000;
  TaskBoard board(workers);
  std::vector<std::vector<std::uint64_t>> claimed(workers);
  std::vector<std::vector<TaskTicket>> tickets(workers);
  std::vector<std::thread> threads;
  for (int worker = 0; worker < workers; ++worker)
    threads.emplace_back([&, worker] {
      const auto place = static_cast<std::size_t>(worker);
      while (const auto task = board.claim(worker, std::nullopt)) {
        claimed[place].push_back(task->first_item);
        const std::uint64_t answer = task->ticket.bits();
        board.write_answer(worker, std::as_bytes(std::span(&answer, 1)));
      }
    });
  std::vector<StreamReader> readers(workers);
  std::uint64_t put_so_far = 0;
  for (std::uint64_t answered = 0; answered < tasks;) {
    while (put_so_far < tasks && board.has_place(0)) put(board, put_so_far++);
    board.wake_workers(put_so_far < tasks);
    for (int worker = 0; worker < workers; ++worker)
      while (readers[static_cast<std::size_t>(worker)].read(board.answers(worker))) {
        std::uint64_t answer = 0;
        WireReader reader(readers[static_cast<std::size_t>(worker)].message());
        answer = take_from_wire<std::uint64_t>(reader);
        EXPECT_EQ(board.owner(TaskTicket(answer)), worker);
        board.remove(TaskTicket(answer));
        board.answers(worker).emptied.notify(1);
        ++answered;
      }
  }
  board.release_workers();
  for (std::thread& thread : threads) thread.join();
  std::vector<int> times(tasks);
  for (const auto& items : claimed) {
    EXPECT_TRUE(std::is_sorted(items.begin(), items.end()));
    for (const std::uint64_t item : items) ++times[item];
  }
  EXPECT_EQ(times, std::vector<int>(tasks, 1));
}

// A worker is killed at every fifth instruction of a claim and an answer, at each where PARLAB_KILLS is
// set: every task is then its own, and told so, or another's, and an answer has come as a whole or not
// at all.
TEST_F(TaskBoardTest, LosesNoTaskOfAWorkerThatIsKilledAtAnyInstruction) {
#if defined(PARLAB_ADDRESS_SANITIZER) || defined(PARLAB_THREAD_SANITIZER)
  GTEST_SKIP() << "a sanitizer's own instructions are too many";
#endif
  std::set<std::string> outcomes;
  int step = 0;
  const int stride = std::getenv("PARLAB_KILLS") != nullptr ? 1 : 5;  // NOLINT: before any thread
  for (; step < 100'000; step += stride) {
    TaskBoard board(2);
    std::map<std::uint64_t, std::string> state;
    std::vector<TaskTicket> tickets;
    for (std::uint64_t i = 0; i < 4; ++i) tickets.push_back(put(board, i));
    const bool killed = killed_at_step(PTRACE_SINGLESTEP, step, [&] {
      const auto work = [&] {
        const auto task = board.claim(0, 1);
        const std::uint64_t answer = task->ticket.bits();
        board.write_answer(0, std::as_bytes(std::span(&answer, 1)));
      };
      work();  // once before, or the dynamic linker's instructions come first
      raise(SIGSTOP);
      work();
    });
    StreamReader reader;
    while (reader.read(board.answers(0))) {
      WireReader answer(reader.message());
      state[take_from_wire<std::uint64_t>(answer)] += "answered";
    }
    for (const ClaimedTask& task : claim_all(board, 1)) state[task.ticket.bits()] += "other";
    std::string outcome;
    for (const TaskTicket ticket : tickets) {
      std::string& what = state[ticket.bits()];
      if (board.owner(ticket) == 0 && what.empty()) what = "died";
      outcome += what + " ";
    }
    outcomes.insert(outcome);
    ASSERT_EQ(board.unclaimed(), 0u);
    if (!killed) break;
  }
  if (step == 0) GTEST_SKIP() << "tracing is not allowed here";
  EXPECT_EQ(outcomes,
            (std::set<std::string>{"answered other other other ", "answered died other other ",
                                   "answered answered other other "}));
}

/// Counts what becomes of it.
class CountedTask final : public PoolTask {
 public:
  using PoolTask::PoolTask;
  Runner runner() const override { return run_nothing; }
  void write_input(Bytes&) const override {}
  void read_output(WireReader&) override { ++done; }
  void run_here() override {}
  void fail(std::exception_ptr) override { ++failed; }
  void finish() override { ++finished; }
  int done = 0, failed = 0, finished = 0;
};

// What a worker's answers say is not believed: a task may have written over its worker's memory.
TEST_F(TaskBoardTest, DismissesAWorkerThatAnswersForWhatItDoesNotHave) {
  using Kind = AnswerHead::Kind;
  const auto answers = [](TaskTicket mine, TaskTicket others) {
    return std::vector<AnswerHead>{{Kind::done, others.bits()},
                                   {Kind::failed, others.bits()},
                                   {Kind::asks_input, mine.bits()},
                                   {Kind::done, TaskTicket(mine.use() + 1, mine.place()).bits()},
                                   {Kind::done, TaskTicket(1, 65535).bits()},
                                   {Kind::done, ~std::uint64_t{0}}};
  };
  for (std::size_t which = 0; which < answers({}, {}).size(); ++which) {
    TaskBoard board(2);
    WorkerTasks tasks(board, 2);
    const std::vector<std::shared_ptr<PoolTask>> two = {std::make_shared<CountedTask>(0),
                                                        std::make_shared<CountedTask>(1)};
    tasks.add(two, WorkerGroup::AwaitedAs::each);
    tasks.hand_out();
    const auto mine = board.claim(0, std::nullopt);
    const auto others = board.claim(1, std::nullopt);
    const auto no_initializer = [](const std::exception_ptr&) { ADD_FAILURE(); };
    Bytes message;
    put_on_wire(message, answers(mine->ticket, others->ticket)[which]);
    board.write_answer(0, message);
    tasks.read_answers(no_initializer);
    EXPECT_FALSE(board.write_answer(0, Bytes(2 * ByteStream::capacity))) << "it is to end";
    EXPECT_EQ(board.claim(0, std::nullopt).has_value(), false);
    EXPECT_FALSE(board.has_answers());
    tasks.on_worker_death(0, 0, "exit code 0", no_initializer);
    const auto& first = static_cast<const CountedTask&>(*two[0]);
    const auto& second = static_cast<const CountedTask&>(*two[1]);
    EXPECT_EQ(first.failed + first.finished, 2) << which;
    EXPECT_EQ(second.done + second.failed + second.finished, 0) << which;
    message.clear();
    put_on_wire(message, AnswerHead{Kind::done, others->ticket.bits()});
    board.write_answer(1, message);
    tasks.read_answers(no_initializer);
    EXPECT_EQ(second.done + second.finished, 2) << which;
    EXPECT_TRUE(tasks.all_answered());
  }
}

}  // namespace
}  // namespace parlab
