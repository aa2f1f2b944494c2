#include "experiments/measure/standard_streams.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "experiments/measure/interruption.hpp"
#include "kernels/errors.hpp"

namespace parlab {
namespace {

/// Bytes of the buffer that are worth a system call.
constexpr std::size_t enough_to_write = std::size_t{64} << 10;

std::string buffer;   // not yet written
int first_error = 0;  // from then on text is missing, whatever is written later

/// Waits until stdout takes PIPE_BUF bytes, or has an error to tell. A regular file always does.
void wait_for_reader() {
  const InterruptionGuard* guard = InterruptionGuard::innermost();
  std::array<pollfd, 2> watched = {
      {{STDOUT_FILENO, POLLOUT, 0}, {guard != nullptr ? guard->fd() : -1, POLLIN, 0}}};
  while (poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
  }
  if (guard == nullptr) return;
  try {
    guard->check();
  } catch (const Interrupted&) {
    buffer.clear();  // nobody waits for that reader again
    throw;
  }
}

bool is_regular_file() {
  struct stat out {};
  return fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(out.st_mode);
}

[[noreturn]] void lose(int error) {
  if (first_error == 0) first_error = error;
  buffer.clear();
  throw OutputLost(first_error);
}

}  // namespace

OutputLost::OutputLost(int error)
    : std::runtime_error("cannot write to stdout: " + std::generic_category().message(error)),
      error_(error) {}

bool OutputLost::reader_left() const { return error_ == EPIPE; }

void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is taken, and those below are open. A stdout that can only be read
    // fails at the first write; a stderr that swallows all is as good as none.
    open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void require_stdout() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
    throw UsageError("stdout is closed, so what is printed would be lost; redirect it to a file");
}

void write_stdout(std::string_view text) {
  buffer += text;
  if (buffer.size() >= enough_to_write) flush_stdout();
}

void flush_stdout() {
  // A pipe that takes PIPE_BUF bytes takes them without waiting.
  const std::size_t at_once = is_regular_file() ? buffer.size() : PIPE_BUF;
  std::string_view left = buffer;
  while (!left.empty()) {
    wait_for_reader();
    const ssize_t written = write(STDOUT_FILENO, left.data(), std::min(left.size(), at_once));
    if (written < 0 && errno != EINTR && errno != EAGAIN) lose(errno);
    left.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  buffer.clear();
  if (first_error != 0) lose(first_error);
}

void write_stderr(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace parlab
