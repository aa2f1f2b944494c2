#include "kernels/sharing/process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <system_error>

#include "kernels/posix/process/fork_guard.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/posix/wait.hpp"

namespace parlab {
namespace {

constexpr std::chrono::seconds grace{1};  // between SIGTERM and SIGKILL

[[noreturn]] void run_as_child(const std::function<int()>& work, const std::string& name) {
  InterruptionScope::leave_to_parent();
  if (!name.empty()) prctl(PR_SET_NAME, name.c_str());
  int code = 1;
  try {
    code = work();
  } catch (const std::exception& error) {
    fmt::print(stderr, "parlab: {}: {}\n", name.empty() ? "a process" : name, error.what());
  } catch (...) {
    fmt::print(stderr, "parlab: a process threw what is not a std::exception\n");
  }
  std::fflush(stdout);  // _exit does not
  _exit(code);
}

}  // namespace

Process::Process(Process&& other) noexcept
    : work_(std::move(other.work_)),
      options_(std::move(other.options_)),
      child_(std::move(other.child_)),
      started_(other.started_),
      closed_with_(other.closed_with_) {
  other.child_.reset();
}

Process::~Process() {
  if (!child_) return;
  try {
    if (options_.daemon || std::uncaught_exceptions() > 0)
      end_now();
    else
      join();
  } catch (const std::exception&) {
    end_now();  // interrupted while it waited
  }
}

void Process::end_now() {
  if (!child_ || child_->status()) return;
  child_->signal(SIGTERM);
  child_->signal(SIGCONT);  // a stopped one would not notice
  try {
    join(grace);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): its destructor kills
  }
  child_.reset();
}

void Process::start() {
  if (started_) throw std::logic_error("a process is started once: make another");
  require_no_other_threads("a process");
  std::fflush(stdout);  // or the child prints it again
  child_.emplace(ChildProcess::fork([this] { run_as_child(work_, options_.name); }));
  started_ = true;
}

bool Process::join(Deadline deadline) {
  if (!child_) {
    if (started_) return true;
    throw std::logic_error("the process was not started");
  }
  if (wait({child_->ended_fd()}, deadline).empty()) return false;
  child_->wait();
  return true;
}

bool Process::is_alive() { return child_ && !child_->status(); }

void Process::terminate() const { child().signal(SIGTERM); }

void Process::kill() const { child().signal(SIGKILL); }

void Process::close() {
  if (is_alive()) throw std::logic_error("the process still runs: join it before close()");
  closed_with_ = status();
  child_.reset();
}

std::optional<int> Process::pid() const {
  return child_ ? std::optional<int>(child_->pid()) : std::nullopt;
}

std::optional<ExitStatus> Process::status() { return child_ ? child_->status() : closed_with_; }

std::optional<int> Process::exitcode() {
  const std::optional<ExitStatus> ended = status();
  if (!ended) return std::nullopt;
  return ended->signal ? -*ended->signal : ended->code;
}

int Process::sentinel() const { return child().ended_fd(); }

const ChildProcess& Process::child() const {
  if (!child_) throw std::logic_error("the process was not started, or is closed");
  return *child_;
}

}  // namespace parlab
