#include "experiments/commands/command_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "experiments/base/json_text.hpp"
#include "experiments/commands/output_digest.hpp"
#include "kernels/base/deadline.hpp"
#include "kernels/base/limits.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/stray_processes.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;

/// Of stderr's end: the last line is looked for here.
constexpr std::size_t max_error_bytes = 4096;
/// Of that line in a message.
constexpr std::size_t max_told_bytes = 200;

/// Processes that end by themselves so soon after the program are not left behind.
constexpr std::chrono::milliseconds stray_patience{100};

/// A pipe from the program, never waited for.
class Drain {
 public:
  /// Throws std::system_error.
  Drain() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw refusal("make a pipe", errno);
    here_ = FileDescriptor(ends[0]);
    there_ = FileDescriptor(ends[1]);
    fcntl(here_.get(), F_SETFL, O_NONBLOCK);
    fcntl(here_.get(), F_SETPIPE_SZ, 1 << 20);  // a program that writes much waits less
  }
  int there() const { return there_.get(); }
  void close_there() { there_.reset(); }
  /// Below 0 once everybody has closed it.
  int here() const { return here_.get(); }

  /// Gives what lies there to `take`, or some of it: then the program's end is seen soon.
  template <class Take>
  void read(const Take& take, bool to_the_end) {
    std::array<char, 1 << 16> buffer;
    for (;;) {
      const ssize_t n = ::read(here_.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n == 0) here_.reset();
      if (n <= 0) return;
      take(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
      if (!to_the_end) return;
    }
  }

 private:
  FileDescriptor here_, there_;
};

/// Without what a terminal would obey.
std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (const std::size_t end = text.rfind('\n'); end != std::string_view::npos)
    text.remove_prefix(end + 1);
  std::string line = as_utf8(text.substr(0, max_told_bytes));
  std::erase_if(line, [](unsigned char c) { return c < ' ' || c == 127; });
  return line;
}

FileDescriptor opened(const std::string& path, int flags) {
  FileDescriptor file(open(path.c_str(), flags | O_CLOEXEC));
  if (!file)
    throw CommandFailed(
        fmt::format("cannot open {}: {}", path, std::generic_category().message(errno)));
  return file;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// What a child that has ended, and is not reaped yet, has used with those that it has waited for.
rusage usage_of(const ChildProcess& child) {
  rusage used{};
  siginfo_t end{};
  while (syscall(SYS_waitid, P_PIDFD, child.ended_fd(), &end, WEXITED | WNOWAIT, &used) < 0 &&
         errno == EINTR) {
  }
  return used;
}

/// Kills the program and all that it has started.
[[noreturn]] void end_late(ChildProcess& child, std::chrono::duration<double> timeout) {
  child.signal(SIGKILL);
  child.wait();
  end_children(std::chrono::milliseconds(0));
  throw CommandFailed(fmt::format("did not end within {:g} s (--timeout)", timeout.count()));
}

}  // namespace

std::string why_not_startable(const CommandStart& start) {
  const std::string& name = start.words.front();
  if (name.find('/') == std::string::npos)
    return find_program(name).empty()
               ? fmt::format("no program '{}' on PATH; --shell knows what a shell has built in",
                             as_utf8(name))
               : "";
  const std::string path =
      name.front() == '/' || start.folder.empty() ? name : start.folder + "/" + name;
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0)
    return fmt::format("no program {}: {}", as_utf8(name), std::generic_category().message(errno));
  if (!S_ISREG(facts.st_mode) || access(path.c_str(), X_OK) != 0)
    return fmt::format("{} cannot be run: it is {}", as_utf8(name),
                       S_ISREG(facts.st_mode) ? "no executable file" : "no file");
  return "";
}

std::uint64_t bytes_before_exec() {
  ChildProcess child = ChildProcess::fork([] {});
  pollfd ended{child.ended_fd(), POLLIN, 0};
  while (poll(&ended, 1, -1) < 0 && errno == EINTR) continue;
  const rusage used = usage_of(child);
  child.wait();
  return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

CommandRun run_command(const CommandStart& start) {
  const FileDescriptor input = opened(start.input, O_RDONLY);
  Drain errors;
  std::optional<Drain> output;
  FileDescriptor nowhere;
  if (start.digests_output)
    output.emplace();
  else
    nowhere = opened("/dev/null", O_WRONLY);
  ProcessorSet processors{};
  for (const int processor : start.processors) processors.add(processor);
  Program program{
      .words = start.words,
      .variables = start.variables,
      .streams = {input.get(), output ? output->there() : nowhere.get(), errors.there()}};
  program.prepare = [&] {
    if (!start.processors.empty() && !bind_thread(processors)) _exit(no_such_program);
    if (!start.folder.empty() && chdir(start.folder.c_str()) != 0) _exit(no_such_program);
  };

  OutputDigest digest;
  std::string text;  // stderr's end
  const auto take_output = [&](std::string_view bytes) { digest.add(bytes); };
  const auto take_errors = [&](std::string_view bytes) {
    text += bytes;
    if (text.size() > max_error_bytes) text.erase(0, text.size() - max_error_bytes);
  };
  const Deadline deadline = start.timeout;
  const auto begin = Clock::now();
  ChildProcess child = start_program(program);
  errors.close_there();
  if (output) output->close_there();
  std::array<pollfd, 3> watched = {{{child.ended_fd(), POLLIN, 0}}};
  while (watched[0].revents == 0) {
    watched[1] = {errors.here(), POLLIN, 0};
    watched[2] = {output ? output->here() : -1, POLLIN, 0};
    if (poll(watched.data(), watched.size(), deadline.poll_milliseconds()) < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "cannot wait for a command");
    if (watched[0].revents != 0) break;
    if (deadline.passed()) end_late(child, start.timeout);
    if (watched[1].revents != 0) errors.read(take_errors, false);
    if (watched[2].revents != 0) output->read(take_output, false);
  }
  CommandRun run;
  run.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const rusage used = usage_of(child);
  run.status = child.wait();
  const std::vector<std::string> left =
      end_children(start.may_leave_processes ? std::chrono::milliseconds(0) : stray_patience);
  // All that was written lies in the pipes.
  errors.read(take_errors, true);
  if (output) output->read(take_output, true);
  if (!left.empty() && !start.may_leave_processes)
    throw CommandFailed(fmt::format("left {} behind when it ended: {}; {} killed",
                                    left.size() == 1 ? "a process" : "processes",
                                    as_utf8(fmt::format("{}", fmt::join(left, ", "))),
                                    left.size() == 1 ? "it was" : "they were"));
  run.user_seconds = seconds_of(used.ru_utime);
  run.system_seconds = seconds_of(used.ru_stime);
  run.context_switches = static_cast<std::uint64_t>(used.ru_nvcsw + used.ru_nivcsw);
  run.page_faults = static_cast<std::uint64_t>(used.ru_minflt + used.ru_majflt);
  run.major_faults = static_cast<std::uint64_t>(used.ru_majflt);
  run.peak_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
  run.output_bytes = digest.bytes();
  if (start.digests_output) run.output_digest = digest.text();
  run.last_error = last_line(text);
  return run;
}

}  // namespace parlab
