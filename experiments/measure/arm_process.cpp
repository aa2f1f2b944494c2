#include "experiments/measure/arm_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <exception>
#include <system_error>
#include <utility>

#include "kernels/sharing/thread_shortage.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

/// Longest message in bytes; answers are numbers and hashes.
constexpr std::size_t longest_message = std::size_t{64} << 10;

/// Bounds the repeats of a run that takes next to no time.
constexpr double most_repeats = 1e6;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void send_message(int socket, const json& message) {
  const std::string text = message.dump();
  if (send(socket, text.data(), text.size(), MSG_NOSIGNAL) < 0) throw_errno("cannot send");
}

struct Usage {
  double cpu_seconds = 0;
  std::uint64_t context_switches = 0;
  std::uint64_t peak_rss_bytes = 0;
};

Usage usage() {
  Usage total;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    for (const timeval& time : {used.ru_utime, used.ru_stime})
      total.cpu_seconds +=
          static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    total.context_switches += static_cast<std::uint64_t>(used.ru_nvcsw + used.ru_nivcsw);
    total.peak_rss_bytes =
        std::max(total.peak_rss_bytes, static_cast<std::uint64_t>(used.ru_maxrss) * 1024);
  }
  return total;
}

double seconds_of(const std::function<Answer()>& run, std::uint64_t repeats, Answer& answer) {
  const auto begin = Clock::now();
  for (std::uint64_t i = 0; i < repeats; ++i) answer = run();
  return std::chrono::duration<double>(Clock::now() - begin).count() / static_cast<double>(repeats);
}

std::uint64_t repeats_for(double seconds_a_run) {
  return static_cast<std::uint64_t>(
      std::clamp(std::ceil(least_sample_seconds / seconds_a_run), 1.0, most_repeats));
}

/// Open, warm up, then one sample for each message.
void serve(int socket, const ArmProcess::Open& open) {
  const OpenedArm arm = open();
  const std::function<Answer()>& run = arm.run;
  Answer answer;
  double seconds = seconds_of(run, 1, answer);  // warms caches, starts threads
  const Answer first = answer;
  // The first run is slower than those to come: a few more tell how often one fits in a sample.
  std::uint64_t repeats = 1;
  while (seconds < least_sample_seconds && repeats < repeats_for(seconds)) {
    repeats = std::min(repeats_for(seconds), repeats * 10);
    seconds = seconds_of(run, repeats, answer);
  }
  repeats = repeats_for(seconds);
  send_message(socket, {{"answer", first}, {"repeats", repeats}});
  for (char order = 0; recv(socket, &order, 1, 0) == 1;) {
    if (repeats > 1) run();  // threads that slept are awake again
    const Usage before = usage();
    const double sample_seconds = seconds_of(run, repeats, answer);
    const Usage after = usage();
    json metrics = arm.metrics ? arm.metrics() : json::object();
    const auto each = static_cast<double>(repeats);
    send_message(socket,
                 {{"seconds", sample_seconds},
                  {"cpu_seconds", (after.cpu_seconds - before.cpu_seconds) / each},
                  {"context_switches",
                   static_cast<double>(after.context_switches - before.context_switches) / each},
                  {"peak_rss_bytes", after.peak_rss_bytes},
                  {"answer", answer},
                  {"metrics", std::move(metrics)}});
  }
}

}  // namespace

void serve_arm(int socket, const ArmProcess::Open& open) {
  try {
    serve(socket, open);
  } catch (const std::exception& error) {
    send_message(socket, {{"error", error.what()}});
  }
}

ArmProcess::ArmProcess(const Open& open, std::chrono::duration<double> timeout,
                       const InterruptionGuard& interruption, const Exec& exec)
    : timeout_(timeout), interruption_(&interruption) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0)
    throw_errno("cannot make a socket pair");
  socket_ = ends[0];
  try {
    child_.emplace(ChildProcess::fork([&] {
      setpgid(0, 0);  // a group of its own, so that it rests and dies with all it has started
      interruption.restore_in_child();
      close(ends[0]);
      serve_arm(ends[1], [&] {
        if (exec) {
          fcntl(ends[1], F_SETFD, 0);  // the other program inherits it
          exec(ends[1]);
        }
        return open();
      });
    }));
  } catch (const std::system_error& error) {
    close(ends[0]);
    close(ends[1]);
    throw ArmFailed(
        fmt::format("cannot start its process: {}", why_no_process(error.code().value())));
  }
  close(ends[1]);
  setpgid(child_->pid(), child_->pid());  // here too, or a signal may come before the child's call
  try {
    json ready = receive();
    first_answer_ = std::move(ready.at("answer"));
    repeats_ = ready.at("repeats");
    rest();
  } catch (...) {
    kill(-child_->pid(), SIGKILL);
    close(socket_);
    throw;
  }
}

ArmProcess::~ArmProcess() {
  kill(-child_->pid(), SIGKILL);
  close(socket_);
}

Sample ArmProcess::sample() {
  wake();
  if (send(socket_, "s", 1, MSG_NOSIGNAL) != 1 && errno != EPIPE) throw_errno("cannot send");
  json message = receive();
  rest();
  return {.seconds = message.at("seconds"),
          .cpu_seconds = message.at("cpu_seconds"),
          .context_switches = message.at("context_switches"),
          .peak_rss_bytes = message.at("peak_rss_bytes"),
          .answer = std::move(message.at("answer")),
          .metrics = std::move(message.at("metrics"))};
}

json ArmProcess::receive() {
  const auto deadline = Clock::now() + timeout_;
  std::array<pollfd, 2> watched = {{{socket_, POLLIN, 0}, {interruption_->fd(), POLLIN, 0}}};
  for (;;) {
    const std::chrono::duration<double> left = deadline - Clock::now();
    if (left.count() <= 0)
      throw ArmFailed(fmt::format("gave no answer within {:g} s (--timeout)", timeout_.count()));
    // Rounded up to milliseconds; at most an hour a call.
    const double milliseconds = std::min(std::ceil(left.count() * 1e3), 3.6e6);
    if (poll(watched.data(), watched.size(), static_cast<int>(milliseconds)) < 0 && errno != EINTR)
      throw_errno("cannot wait for an arm");
    interruption_->check();
    if (watched[0].revents == 0) continue;
    std::string text(longest_message, '\0');
    const ssize_t size = recv(socket_, text.data(), text.size(), 0);
    if (size <= 0) throw ArmFailed(child_->wait().describe());
    text.resize(static_cast<std::size_t>(size));
    json message = json::parse(text);
    if (message.contains("error")) throw ArmFailed(message.at("error").get<std::string>());
    return message;
  }
}

void ArmProcess::wake() const { kill(-child_->pid(), SIGCONT); }

void ArmProcess::rest() {
  kill(-child_->pid(), SIGSTOP);
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
