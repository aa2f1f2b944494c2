#include "kernels/sharing/manager/pool/pool_object.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/manager/objects/served_arguments.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// More would be a mistake, and the machine's end.
constexpr std::uint64_t max_workers = 1024;

/// Workers in a row that die before their first task: then it is not by chance.
constexpr int max_failed_starts = 3;

/// Between SIGTERM and SIGKILL.
constexpr itimerspec grace{.it_interval = {}, .it_value = {.tv_sec = 1, .tv_nsec = 0}};

}  // namespace

ServedPool::ServedPool(ServedPoolOptions options,
                       std::shared_ptr<const ManagedFunctionTable> functions, ServedHost& host)
    : options_(std::move(options)), functions_(std::move(functions)), host_(host) {
  if (options_.workers < 1 || options_.workers > max_workers)
    throw std::invalid_argument(
        fmt::format("a pool has 1 to {} workers, not {}", max_workers, options_.workers));
  if (!options_.initializer.empty()) check_open(options_.initializer);
  try {
    while (workers_.size() < options_.workers) start_worker();
  } catch (...) {
    end_workers();
    throw;
  }
}

ServedPool::~ServedPool() {
  refuse_all("the pool was dropped with its last proxy");  // while it is known what they are at
  end_workers();
}

std::optional<std::string> ServedPool::call(const ServedCall& call) {
  const bool is_known = call.method == "workers" || call.method == "close" ||
                        call.method == "terminate" || call.method == "join";
  if (!is_known) unknown(call);
  expect_no_arguments(call);
  if (call.method == "workers") return to_bytes(options_.workers);
  if (call.method == "join") {
    if (!closed_) throw std::logic_error("close() or terminate() the pool before join()");
    return workers_.empty() ? std::optional<std::string>("") : std::nullopt;
  }
  closed_ = true;
  if (call.method == "terminate") terminate();
  hand_out();
  return "";
}

void ServedPool::check_open(const std::string& function) const {
  if (closed_) throw std::logic_error("the pool was closed: make another");
  if (!broken_.empty()) throw std::logic_error(broken_);
  if (!functions_->contains(function))
    throw std::invalid_argument(
        fmt::format("this manager knows no function '{}': add it to ManagerOptions::functions "
                    "before the start",
                    function));
}

void ServedPool::submit(QueuedChunk chunk) {
  queue_.push_back(std::move(chunk));
  fill_up();
  hand_out();
}

/// As many workers as there should be, or as can be had.
void ServedPool::fill_up() {
  const bool has_work = !closed_ || !queue_.empty();
  try {
    while (has_work && broken_.empty() && workers_.size() < options_.workers) start_worker();
  } catch (const std::system_error& error) {
    if (workers_.empty()) refuse_all(fmt::format("no worker can be started: {}", error.what()));
  }
}

void ServedPool::start_worker() {
  const auto worker = workers_.emplace(workers_.end(), *functions_, options_.initializer);
  try {
    host_.watch(worker->process.socket(),
                [this, worker](std::uint32_t events) { on_event(worker, events); });
    host_.watch(worker->process.ended_fd(), [this, worker](std::uint32_t) { on_end(worker); });
  } catch (...) {
    host_.unwatch(worker->process.socket());
    workers_.erase(worker);
    throw;
  }
}

/// Gives chunks to whoever is free, and lets those go whom a closed pool needs no more.
void ServedPool::hand_out() {
  for (Worker& worker : workers_) {
    if (!worker.ready || worker.chunk || worker.hung_up) continue;
    if (!queue_.empty()) {
      worker.chunk = std::move(queue_.front());
      queue_.pop_front();
      ++worker.tasks;
      // Where it is gone by now, its end is heard of next.
      worker.process.send(worker.chunk->message);
      host_.watch_out(worker.process.socket(), worker.process.has_unsent());
    } else if (closed_) {
      retire(worker);
    }
  }
}

void ServedPool::on_event(Workers::iterator worker, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    worker->process.flush();
    host_.watch_out(worker->process.socket(), worker->process.has_unsent());
  }
  if ((events & ~static_cast<unsigned>(EPOLLOUT)) != 0) read_answers(worker);
}

void ServedPool::read_answers(Workers::iterator worker) {
  bool sound = worker->process.receive();
  try {
    while (std::optional<json> message = worker->process.take_message())
      take_message(worker, *message);
  } catch (const std::exception&) {  // a task wrote into its worker's socket
    sound = false;
  }
  if (!sound) {
    host_.unwatch(worker->process.socket());
    worker->process.signal(SIGKILL);  // in case it only closed the socket
  }
  hand_out();
}

void ServedPool::take_message(Workers::iterator worker, const json& message) {
  if (message.is_object()) {
    failed_starts_ = 0;
    worker->ready = message.contains("ready");
    if (!worker->ready) {
      broken_ = "the pool's initializer failed: " + message.at("failed").get<std::string>();
      refuse_all(broken_);
    }
    return;
  }
  if (!worker->chunk || message.size() != worker->chunk->message.items.size())
    throw std::invalid_argument("outcomes that were not requested");
  const QueuedChunk chunk = std::move(*worker->chunk);
  worker->chunk.reset();
  chunk.done(message);
  if (options_.max_tasks != 0 && worker->tasks >= options_.max_tasks) retire(*worker);
}

/// A worker has ended: what it was at fails, and another takes its place.
void ServedPool::on_end(Workers::iterator worker) {
  // What it sent before it ended counts: an answer, or why its initializer failed.
  try {
    while (worker->process.has_unread() && worker->process.receive())
      while (const std::optional<json> message = worker->process.take_message())
        take_message(worker, *message);
  } catch (const std::exception&) {  // a task wrote into its worker's socket
  }
  host_.unwatch(worker->process.socket());
  host_.unwatch(worker->process.ended_fd());
  const ExitStatus status = worker->process.wait();
  if (worker->chunk) {
    const json died = pool_outcome::died(status, worker->process.item());
    worker->chunk->done(json(worker->chunk->message.items.size(), died));
  }
  if (!worker->ready && ++failed_starts_ >= max_failed_starts && broken_.empty()) {
    broken_ = "the pool's workers die before their first task: " + status.describe();
    refuse_all(broken_);
  }
  workers_.erase(worker);
  fill_up();
  hand_out();
  changed();
}

void ServedPool::retire(Worker& worker) {
  worker.hung_up = true;
  worker.process.hang_up();
}

void ServedPool::terminate() {
  refuse_all("the pool was terminated before this was done");
  for (Worker& worker : workers_) {
    worker.hung_up = true;
    worker.process.signal(SIGTERM);
  }
  if (workers_.empty() || kill_timer_) return;
  kill_timer_ = FileDescriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  const auto kill_all = [this](std::uint32_t) {
    for (Worker& worker : workers_) worker.process.signal(SIGKILL);
    host_.unwatch(kill_timer_.get());
  };
  if (!kill_timer_ || timerfd_settime(kill_timer_.get(), 0, &grace, nullptr) != 0)
    for (Worker& worker : workers_) worker.process.signal(SIGKILL);
  else
    host_.watch(kill_timer_.get(), kill_all);
}

/// Also what workers are at: their answers are not waited for.
void ServedPool::refuse_all(const std::string& why) {
  std::deque<QueuedChunk> refused = std::exchange(queue_, {});
  for (Worker& worker : workers_)
    if (worker.chunk) refused.push_back(std::move(*std::exchange(worker.chunk, std::nullopt)));
  for (const QueuedChunk& chunk : refused)
    chunk.done(json(chunk.message.items.size(), pool_outcome::refused(why)));
}

void ServedPool::end_workers() {
  if (kill_timer_) host_.unwatch(kill_timer_.get());
  for (Worker& worker : workers_) {
    host_.unwatch(worker.process.socket());
    host_.unwatch(worker.process.ended_fd());
    worker.process.signal(SIGKILL);  // all at once; then each is waited for
  }
  workers_.clear();
}

}  // namespace parlab
