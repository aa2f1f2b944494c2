#include "experiments/command_line/line_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "experiments/base/standard_streams.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// Bytes that are written at once.
constexpr std::size_t rows_at_once = std::size_t{64} << 10;

bool is_stream(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISCHR(about.st_mode));
}

/// Of a pipe, when somebody reads it.
FileDescriptor opened_stream(const std::string& path) {
  FileDescriptor stream(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!stream)
    throw UsageError(fmt::format("cannot write to {}: {}; name another place", path,
                                 std::generic_category().message(errno)));
  return stream;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw OutputLost(errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

LineOutput::LineOutput(const std::string& words) : words_(words == "/dev/stdout" ? "-" : words) {
  if (words_ == "-")
    require_stdout();
  else if (is_stream(words_))
    stream_ = opened_stream(words_);
  else if (!words_.empty())
    file_.emplace(words_);
}

void LineOutput::flush() {
  if (!rows_.empty() && (words_ == "-" || stream_)) write_rows();
}

void LineOutput::add(std::string_view line) {
  if (words_.empty()) return;
  rows_.append(line).append("\n");
  if (rows_.size() >= rows_at_once) write_rows();
}

void LineOutput::write_rows() {
  try {
    if (rescue_) {
      rescue_->file->write(rows_);
    } else if (stream_) {
      write_all(stream_.get(), rows_);
    } else if (file_) {
      file_->write(rows_);
    } else {
      write_stdout(rows_);
      flush_stdout();
    }
  } catch (const OutputLost& lost) {
    if (lost.reader_left()) throw;
    go_elsewhere(lost.what());
  } catch (const std::exception& error) {
    go_elsewhere(error.what());
  }
  rows_.clear();
}

/// What cannot be written in the first place, or not in the second.
void LineOutput::go_elsewhere(const std::string& why) {
  const auto kept = rescue_ ? rescue_->file->keep_partial()
                    : file_ ? file_->keep_partial()
                            : std::nullopt;
  failure_ += (failure_.empty() ? "" : "; ") + why;
  if (kept) failure_ += fmt::format("; the lines up to there are in {}", *kept);
  try {
    if (rescue_) throw std::runtime_error("no other place takes them");
    rescue_ = make_rescue_file(".jsonl");
    rescue_->file->write(rows_);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}; the others are lost: {}", failure_, error.what()));
  }
}

void LineOutput::finish() {
  if (words_.empty()) return;
  write_rows();
  if (!rescue_ && file_) {
    try {
      file_->publish("");
    } catch (const std::exception& error) {
      const auto kept = file_->keep_partial();
      throw std::runtime_error(kept ? fmt::format("{}; the lines are in {}", error.what(), *kept)
                                    : error.what());
    }
  }
  if (!rescue_) return;
  rescue_->file->publish("");
  throw std::runtime_error(
      fmt::format("{}; the lines from there on are in {}", failure_, rescue_->path));
}

}  // namespace parlab
