#pragma once

// stdout and stderr of a program whose output counts. Text that does not reach stdout is a failure,
// found when it is flushed at the latest. Text that does not reach stderr changes nothing.

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace parlab {

/// stdout takes no more text: its disk is full, it is closed, or its reader has gone away.
class OutputLost : public std::runtime_error {
 public:
  explicit OutputLost(int error);
  /// The reader of a pipe has ended (`parlab list | head`): it wants no more, and no complaint.
  bool reader_left() const;

 private:
  int error_;
};

/// Opens those of the descriptors 0, 1 and 2 that the caller has closed, so that no other file gets
/// their number. A closed stdout stays one that cannot be written to.
void open_standard_streams();

/// Throws UsageError where stdout is closed: better before the work than after it.
void require_stdout();

/// Appends to a buffer, which is written now and then. Throws OutputLost; and Interrupted where an
/// InterruptionGuard lives, also while a slow reader is waited for.
void write_stdout(std::string_view text);
template <class... T>
void say(fmt::format_string<T...> format, T&&... values) {
  write_stdout(fmt::format(format, std::forward<T>(values)...));
}

/// Writes the buffer. Throws as write_stdout does.
void flush_stdout();

/// Writes to stderr at once, or not at all.
void write_stderr(std::string_view text) noexcept;
template <class... T>
void tell(fmt::format_string<T...> format, T&&... values) {
  write_stderr(fmt::format(format, std::forward<T>(values)...));
}

}  // namespace parlab
