#include "experiments/measure/race/arm_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "experiments/measure/race/process_usage.hpp"
#include "experiments/measure/race/run_times.hpp"
#include "kernels/base/thread_shortage.hpp"
#include "kernels/machine/processor_wait.hpp"
#include "kernels/posix/sockets.hpp"
#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

/// Bounds the repeats of a run that takes next to no time.
constexpr double most_repeats = 1e6;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// How long an arm may take to end once its connection is closed.
constexpr std::chrono::seconds longest_end{1};

/// As CBOR: numbers stay what they are, NaN among them, and strings may be any bytes.
void send_json(int socket, const json& message) {
  const std::string bytes = to_bytes(message);
  send_message(socket, std::as_bytes(std::span(bytes)));
}

/// What an arm has sent, taken apart by `read`. Throws ArmFailed where it is not what it should be.
template <class Read>
auto read_from(json& message, const Read& read) {
  try {
    return read(message);
  } catch (const json::exception& error) {
    throw ArmFailed(fmt::format("what it sent is not an answer: {}", error.what()));
  }
}

/// Share of the time in which a thread waited for a processor; null where the kernel does not tell.
json share_waited(std::optional<double> waited, double seconds) {
  if (!waited || !(seconds > 0)) return nullptr;
  return std::clamp(*waited / seconds, 0.0, 1.0);
}

/// What runs took, without what stood between them.
struct Totals {
  double seconds = 0, cpu_seconds = 0, context_switches = 0;
  std::optional<double> waited = 0;  // seconds that threads waited for a processor which others had
  std::uint64_t peak_rss_bytes = 0;
};

json json_or_null(std::optional<double> number) { return number ? json(*number) : json(); }

std::optional<double> optional_of(const json& number) {
  return number.is_null() ? std::nullopt : std::optional(number.get<double>());
}

/// Runs one after the other, or with a preparation before each; then the answer.
Totals totals_of(const OpenedArm& arm, std::uint64_t repeats, const ProcessorWait* wait,
                 Answer& answer, RunTimes* times = nullptr) {
  Totals totals;
  if (arm.figures) arm.figures();  // of earlier runs
  if (arm.beside) arm.beside();
  const std::uint64_t stretches = arm.prepare ? repeats : 1;
  for (std::uint64_t stretch = 0; stretch < stretches; ++stretch) {
    if (arm.prepare) arm.prepare();
    const ProcessUsage before = process_usage();
    const Waits waits_before = wait == nullptr ? Waits{} : wait->now();
    const auto begin = Clock::now();
    if (times != nullptr)
      times->run(arm, repeats / stretches, answer);
    else
      for (std::uint64_t i = 0; i < repeats / stretches; ++i) answer = arm.run();
    totals.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
    const Waits waits_after = wait == nullptr ? Waits{} : wait->now();
    const ProcessUsage after = process_usage();
    const double cpu_seconds = after.cpu_seconds - before.cpu_seconds;
    totals.cpu_seconds += cpu_seconds;
    totals.context_switches +=
        static_cast<double>(after.context_switches - before.context_switches);
    totals.peak_rss_bytes = after.peak_rss_bytes;
    const auto waited = waited_for_others(waits_before, waits_after, cpu_seconds);
    if (waited && totals.waited)
      *totals.waited += *waited;
    else
      totals.waited.reset();
  }
  if (arm.beside) {
    const RunFigures others = arm.beside();
    totals.cpu_seconds += others.cpu_seconds;
    totals.context_switches += others.context_switches;
    totals.peak_rss_bytes = std::max(totals.peak_rss_bytes, others.peak_rss_bytes);
    totals.waited.reset();  // it is known of this process alone
  }
  if (arm.conclude) answer = arm.conclude();
  if (arm.figures) {
    const RunFigures made = arm.figures();
    totals = {made.seconds, made.cpu_seconds, made.context_switches, std::nullopt,
              made.peak_rss_bytes};
  }
  return totals;
}

double seconds_of(const OpenedArm& arm, std::uint64_t repeats, Answer& answer) {
  return totals_of(arm, repeats, nullptr, answer).seconds / static_cast<double>(repeats);
}

std::uint64_t repeats_for(double seconds_a_run) {
  return static_cast<std::uint64_t>(
      std::clamp(std::ceil(least_sample_seconds / seconds_a_run), 1.0, most_repeats));
}

/// Warms up after a first run of `seconds`, and finds how many runs make a sample: the first is
/// slower than those to come. With what prepares them they take no more than ten samples' time.
std::uint64_t find_repeats(const OpenedArm& arm, double seconds, Answer& answer) {
  std::uint64_t repeats = 1;
  while (seconds < least_sample_seconds && repeats < repeats_for(seconds)) {
    repeats = std::min(repeats_for(seconds), repeats * 10);
    const auto begin = Clock::now();
    seconds = seconds_of(arm, repeats, answer);
    if (!arm.prepare) continue;
    const std::chrono::duration<double> all = Clock::now() - begin;
    const double most = 10 * least_sample_seconds * static_cast<double>(repeats) / all.count();
    if (most <= static_cast<double>(repeats_for(seconds)))
      return static_cast<std::uint64_t>(std::max(most, 1.0));
  }
  return repeats_for(seconds);
}

/// A shorter warm-up where the repeats are known: threads are there after the first run, and caches
/// and predictors soon. In batches: the clocks around a run may take longer than the run.
void warm_up(const OpenedArm& arm, double seconds, std::uint64_t repeats, Answer& answer) {
  constexpr std::chrono::duration<double> enough{least_sample_seconds / 4};
  const auto begin = Clock::now() - std::chrono::duration<double>(seconds);
  std::uint64_t batch = 1;
  for (std::uint64_t done = 1; done < repeats && Clock::now() - begin < enough; done += batch) {
    batch = std::min(2 * batch, repeats - done);
    seconds_of(arm, batch, answer);
  }
}

/// A run after an idle pause, and the CPU time that its runtime goes on taking after the answer.
struct AfterPause {
  std::optional<double> seconds, cpu_seconds;
};
AfterPause run_after_pause(const OpenedArm& arm, const SampleRules& rules, Answer& answer) {
  if (rules.pause.count() <= 0) return {};
  std::this_thread::sleep_for(rules.pause);
  Answer answered;
  const double seconds = seconds_of(arm, 1, answered);
  if (arm.beside) arm.beside();
  const double before = process_usage().cpu_seconds;
  std::this_thread::sleep_for(time_after);
  double after = process_usage().cpu_seconds;
  if (arm.beside) after += arm.beside().cpu_seconds;
  if (answered != answer) answer = std::move(answered);  // to be found wrong
  return {seconds, after - before};
}

/// Open, warm up, then one sample for each message.
void serve(int socket, const ArmProcess::Open& open, std::uint64_t repeats,
           const SampleRules& rules) {
  const OpenedArm arm = open();
  Answer answer;
  const double seconds = seconds_of(arm, 1, answer);  // warms caches, starts threads
  const Answer first = answer;
  if (repeats == 0)
    repeats = find_repeats(arm, seconds, answer);
  else
    warm_up(arm, seconds, repeats, answer);
  repeats = std::max(repeats, rules.min_runs);
  send_json(socket, {{"answer", first}, {"repeats", repeats}, {"cold_seconds", seconds}});
  const ProcessorWait wait;
  for (char order = 0; recv(socket, &order, 1, 0) == 1;) {
    if (repeats >= repeats_that_wake) {
      if (arm.prepare) arm.prepare();
      arm.run();  // threads that slept are awake again
    }
    RunTimes times(repeats);
    const bool is_timed_singly = repeats >= runs_for_p90 && !arm.figures;
    const Totals totals =
        totals_of(arm, repeats, &wait, answer, is_timed_singly ? &times : nullptr);
    json metrics = arm.metrics ? arm.metrics() : json::object();
    const AfterPause after = run_after_pause(arm, rules, answer);
    const auto each = static_cast<double>(repeats);
    send_json(socket, {{"seconds", totals.seconds / each},
                       {"cpu_seconds", totals.cpu_seconds / each},
                       {"context_switches", totals.context_switches / each},
                       {"peak_rss_bytes", totals.peak_rss_bytes},
                       {"answer", answer},
                       {"waited", share_waited(totals.waited, totals.seconds)},
                       {"pause_seconds", json_or_null(after.seconds)},
                       {"after_cpu_seconds", json_or_null(after.cpu_seconds)},
                       {"p90_seconds", json_or_null(times.percentile(0.9, runs_for_p90))},
                       {"p99_seconds", json_or_null(times.percentile(0.99, runs_for_p99))},
                       {"metrics", std::move(metrics)}});
  }
}

SocketPair sockets_of_arm() try {
  return make_socket_pair(SOCK_SEQPACKET, "make a socket");
} catch (const std::system_error& error) {
  throw ArmFailed(fmt::format("cannot be started: no socket: {}", error.code().message()));
}

}  // namespace

void serve_arm(int socket, const ArmProcess::Open& open, std::uint64_t known_repeats,
               const SampleRules& rules) {
  try {
    serve(socket, open, known_repeats, rules);
  } catch (const std::exception& error) {
    send_json(socket, {{"error", error.what()}});
  }
}

ArmProcess::ArmProcess(const Open& open, std::chrono::duration<double> timeout,
                       const InterruptionGuard& interruption, const Exec& exec,
                       std::uint64_t known_repeats, const SampleRules& rules)
    : timeout_(timeout), interruption_(&interruption), end_patience_(exec.end_patience) {
  SocketPair ends = sockets_of_arm();
  socket_ = std::move(ends.here);
  try {
    // In a group of its own, so that it rests and dies with all it has started.
    child_.emplace(ChildProcess::fork(
        [&] {
          interruption.restore_in_child();
          socket_.reset();
          const auto open_or_exec = [&] {
            if (exec.become) {
              fcntl(ends.there.get(), F_SETFD, 0);  // the other program inherits it
              exec.become(ends.there.get());
            }
            return open();
          };
          serve_arm(ends.there.get(), open_or_exec, known_repeats, rules);
        },
        ProcessGroup::own));
  } catch (const std::system_error& error) {  // no more processes, or descriptors
    throw ArmFailed(
        fmt::format("cannot start its process: {}", why_no_process(error.code().value())));
  }
  ends.there.reset();
  try {
    json ready = receive();
    read_from(ready, [&](json& message) {
      first_answer_ = std::move(message.at("answer"));
      repeats_ = message.at("repeats");
      cold_seconds_ = message.at("cold_seconds").get<double>();
    });
  } catch (...) {
    end();
    throw;
  }
  rest();
}

ArmProcess::~ArmProcess() { end(); }

/// Lets it end by itself where that is asked for; else its destructor kills it with all that it has
/// started.
void ArmProcess::end() {
  if (end_patience_.count() == 0 || !child_) return;
  child_->signal_group(SIGCONT);
  shutdown(socket_.get(), SHUT_RDWR);  // arms that were forked later have it, too
  pollfd ended{child_->ended_fd(), POLLIN, 0};
  const Deadline deadline = end_patience_;
  while (poll(&ended, 1, deadline.poll_milliseconds()) < 0 && errno == EINTR) {
  }
}

Sample ArmProcess::sample() {
  child_->signal_group(SIGCONT);
  if (send(socket_.get(), "s", 1, MSG_NOSIGNAL) != 1 && errno != EPIPE) throw_errno("cannot send");
  json message = receive();
  rest();
  Sample sample = read_from(message, [](json& parts) -> Sample {
    return {.seconds = parts.at("seconds"),
            .cpu_seconds = parts.at("cpu_seconds"),
            .context_switches = parts.at("context_switches"),
            .peak_rss_bytes = parts.at("peak_rss_bytes"),
            .answer = std::move(parts.at("answer")),
            .waited = optional_of(parts.at("waited")),
            .metrics = std::move(parts.at("metrics")),
            .pause_seconds = optional_of(parts.at("pause_seconds")),
            .after_cpu_seconds = optional_of(parts.at("after_cpu_seconds")),
            .p90_seconds = optional_of(parts.at("p90_seconds")),
            .p99_seconds = optional_of(parts.at("p99_seconds"))};
  });
  sample.cold_seconds = std::exchange(cold_seconds_, std::nullopt);
  if (!(sample.seconds > 0 && std::isfinite(sample.seconds)))
    throw ArmFailed(fmt::format("its clock says that a run took {} s", sample.seconds));
  if (!std::isfinite(sample.cpu_seconds) || !std::isfinite(sample.context_switches))
    throw ArmFailed("the kernel gave numbers of its run that are not finite");
  if (!sample.metrics.is_object())
    throw ArmFailed("its own numbers have no names: metrics() must give an object");
  return sample;
}

json ArmProcess::receive() {
  const Deadline deadline = timeout_;
  json message;
  try {
    Bytes bytes;
    receive_message(socket_.get(), bytes, [&] { wait_for_packet(deadline); });
    message = from_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const EndOfFile&) {
    throw ArmFailed(how_it_ended());
  } catch (const BadMessage& error) {
    throw ArmFailed(fmt::format("what it sent is not an answer: {}", error.what()));
  } catch (const std::invalid_argument& error) {
    throw ArmFailed(fmt::format("what it sent is not an answer: {}", error.what()));
  } catch (const std::bad_alloc&) {
    throw ArmFailed("its answer does not fit into memory");
  }
  return read_from(message, [](json& parts) {
    if (parts.contains("error")) throw ArmFailed(parts.at("error").get<std::string>());
    return std::move(parts);
  });
}

void ArmProcess::wait_for_packet(Deadline deadline) const {
  std::array<pollfd, 2> watched = {{{socket_.get(), POLLIN, 0}, {interruption_->fd(), POLLIN, 0}}};
  for (;;) {
    if (deadline.passed())
      throw ArmFailed(fmt::format("gave no answer within {:g} s (--timeout)", timeout_.count()));
    if (poll(watched.data(), watched.size(), deadline.poll_milliseconds()) < 0 && errno != EINTR)
      throw_errno("cannot wait for an arm");
    interruption_->check();
    if (watched[0].revents != 0) return;
  }
}

/// After its connection was closed, which may be all that has ended.
std::string ArmProcess::how_it_ended() {
  pollfd ended{child_->ended_fd(), POLLIN, 0};
  const std::chrono::milliseconds patience = longest_end;
  while (poll(&ended, 1, static_cast<int>(patience.count())) < 0 && errno == EINTR) {
  }
  return ended.revents != 0 ? child_->wait().describe() : "closed its connection without an answer";
}

void ArmProcess::rest() {
  child_->signal_group(SIGSTOP);
  // Returns when its last thread has stopped, or when it is dead, which the next sample will tell.
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(child_->pid()), &info, WSTOPPED | WEXITED | WNOWAIT) < 0 &&
         errno == EINTR) {
  }
}

Answer answer_of_process(const std::function<Answer()>& work, std::chrono::duration<double> timeout,
                         const InterruptionGuard& interruption) {
  // The warm-up run is the answer; any later call returns the same.
  const auto open = [&work]() -> OpenedArm { return [answer = work()] { return answer; }; };
  return ArmProcess(open, timeout, interruption).first_answer();
}

}  // namespace parlab
