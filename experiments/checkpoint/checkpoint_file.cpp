#include "experiments/checkpoint/checkpoint_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "experiments/base/json_text.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using nlohmann::json;

constexpr std::string_view magic = "parlab checkpoint ";
constexpr std::string_view magic_line = "parlab checkpoint 1\n";
constexpr std::uint64_t block = 4096;  // bytes; no write of one part touches another's

/// A head is a command's words and some facts; more is damage.
constexpr std::uint64_t max_head = 1 << 22;

constexpr std::uint64_t aligned(std::uint64_t bytes) { return (bytes + block - 1) / block * block; }

/// A change of one byte always changes it: each step is one-to-one.
class Checksum {
 public:
  void add(const void* bytes, std::size_t count) {
    const auto* at = static_cast<const std::byte*>(bytes);
    for (; count >= sizeof(std::uint64_t); count -= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof(word));
      add(word);
      at += sizeof(word);
    }
    for (; count > 0; --count) add(std::to_integer<std::uint64_t>(*at++) + 1);
  }
  void add(std::uint64_t word) {
    value_ = (value_ ^ word) * 0x9E3779B97F4A7C15;
    value_ ^= value_ >> 32;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325;
};

std::uint64_t checksum_of(const void* bytes, std::size_t count) {
  Checksum sum;
  sum.add(bytes, count);
  return sum.value();
}

/// One of the two places. The checksum is over all before it and the text behind it.
struct Entry {
  std::uint64_t sequence, state_at, state_bytes, state_checksum, text_bytes, checksum;
};
constexpr std::uint64_t max_text = block - sizeof(Entry);

std::uint64_t checksum_of(const Entry& entry, const char* text) {
  Checksum sum;
  sum.add(&entry, offsetof(Entry, checksum));
  sum.add(text, entry.text_bytes);
  return sum.value();
}

[[noreturn]] void refuse(const std::string& path, const std::string& why, const char* cure) {
  throw UsageError(fmt::format("checkpoint {}: {}; {}", path, why, cure));
}
[[noreturn]] void refuse(const std::string& path, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  refuse(path, std::generic_category().message(error),
         is_full ? "free some space, or name another place" : "name another file");
}
[[noreturn]] void refuse_damaged(const std::string& path, const char* what) {
  refuse(path, fmt::format("it is damaged: {}", what),
         "remove it to begin anew, or put back a copy");
}

/// The bytes of [at, at + count) that the file has.
std::string bytes_of(int file, const std::string& path, std::uint64_t at, std::uint64_t count) {
  std::string bytes(count, '\0');
  std::size_t read = 0;
  while (read < count) {
    const ssize_t more =
        pread(file, bytes.data() + read, count - read, static_cast<off_t>(at + read));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) refuse(path, errno);
    if (more == 0) break;
    read += static_cast<std::size_t>(more);
  }
  bytes.resize(read);
  return bytes;
}

std::uint64_t size_of(int file, const std::string& path) {
  struct stat facts {};
  if (fstat(file, &facts) != 0) refuse(path, errno);
  if (S_ISDIR(facts.st_mode)) refuse(path, "it is a folder", "name a file in it");
  if (!S_ISREG(facts.st_mode)) refuse(path, "it is not a regular file", "name another file");
  return static_cast<std::uint64_t>(facts.st_size);
}

/// The head's bytes, and what behind them fills the last block.
std::string head_bytes(const json& head) {
  const std::string text = json_line(head);
  const std::array<std::uint64_t, 2> numbers = {text.size(), checksum_of(text.data(), text.size())};
  std::string bytes(magic_line);
  bytes.append(reinterpret_cast<const char*>(numbers.data()), sizeof(numbers));
  bytes += text;
  bytes.resize(aligned(bytes.size()), '\0');
  return bytes;
}

struct Found {
  CheckpointContent content;
  std::uint64_t entries_at = 0, sequence = 0;
  std::optional<std::uint64_t> state_bytes = std::nullopt;
};

/// The head of a file that is a checkpoint of this format.
Found read_head(int file, const std::string& path) {
  const std::string line = bytes_of(file, path, 0, magic_line.size());
  if (!line.starts_with(magic))
    refuse(path, "it is not a checkpoint of parlab", "name another file");
  if (line != magic_line)
    refuse(path, "its format is another version of parlab's", "go on with that version");
  std::array<std::uint64_t, 2> numbers{};
  const std::string raw = bytes_of(file, path, magic_line.size(), sizeof(numbers));
  if (raw.size() < sizeof(numbers)) refuse_damaged(path, "it is cut within its head");
  std::memcpy(numbers.data(), raw.data(), sizeof(numbers));
  if (numbers[0] > max_head) refuse_damaged(path, "its head is no longer what was written");
  const std::uint64_t text_at = magic_line.size() + sizeof(numbers);
  const std::string text = bytes_of(file, path, text_at, numbers[0]);
  if (text.size() < numbers[0]) refuse_damaged(path, "it is cut within its head");
  if (checksum_of(text.data(), text.size()) != numbers[1])
    refuse_damaged(path, "its head is no longer what was written");
  return {.content = {.head = json::parse(text), .state = std::nullopt},
          .entries_at = aligned(text_at + numbers[0])};
}

/// The state of an entry that is whole; else none.
std::optional<CheckpointState> state_of(int file, const std::string& path, std::uint64_t at,
                                        Entry& entry) {
  const std::string bytes = bytes_of(file, path, at, block);
  if (bytes.size() < block) return std::nullopt;
  std::memcpy(&entry, bytes.data(), sizeof(entry));
  const char* const text = bytes.data() + sizeof(entry);
  if (entry.text_bytes > max_text || checksum_of(entry, text) != entry.checksum)
    return std::nullopt;
  const std::uint64_t size = size_of(file, path);
  if (entry.state_bytes > size || entry.state_at > size - entry.state_bytes) return std::nullopt;
  const std::string state = bytes_of(file, path, entry.state_at, entry.state_bytes);
  if (state.size() < entry.state_bytes ||
      checksum_of(state.data(), state.size()) != entry.state_checksum)
    return std::nullopt;
  const auto* first = reinterpret_cast<const std::byte*>(state.data());
  return CheckpointState{json::parse(std::string_view(text, entry.text_bytes)),
                         {first, first + state.size()}};
}

Found read_all(int file, const std::string& path) {
  Found found = read_head(file, path);
  if (size_of(file, path) < found.entries_at + 2 * block) refuse_damaged(path, "it is cut");
  bool any_written = false;
  for (std::uint64_t place = 0; place < 2; ++place) {
    const std::uint64_t at = found.entries_at + place * block;
    Entry entry{};
    const auto state = state_of(file, path, at, entry);
    const std::string bytes = bytes_of(file, path, at, block);
    any_written = any_written || bytes.find_first_not_of('\0') != std::string::npos;
    if (!state || entry.sequence <= found.sequence) continue;
    found.sequence = entry.sequence;
    found.state_bytes = entry.state_bytes;
    found.content.state = state;
  }
  if (any_written && !found.content.state)
    refuse_damaged(path, "none of its two states is what was written");
  return found;
}

FileDescriptor opened(const std::string& path, int flags) {
  FileDescriptor file(open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666));
  if (!file) refuse(path, errno);
  return file;
}

/// "size 1000 there, 2000 here"; "" where they are the same.
std::string difference_of(const json& there, const json& here) {
  const auto value = [](const json& of, const std::string& name) {
    return of.contains(name) ? told_answer(of[name]) : "none";
  };
  std::string grain;  // follows from the size, which tells more
  for (const json* one : {&there, &here})
    for (const auto& [name, unused] : one->items()) {
      if (name == "command" || value(there, name) == value(here, name)) continue;
      if (name == "parameters" && there.contains(name) && here.contains(name))
        return difference_of(there[name], here[name]);
      if (name == "code") return "the kernel's source, flags or compiler have changed";
      std::string words =
          fmt::format("{} {} there, {} here", name, value(there, name), value(here, name));
      if (name != "grain") return words;
      grain = std::move(words);
    }
  return grain;
}

void require_same(const std::string& path, const json& there, const json& here) {
  const auto version = [](const json& head) { return head.value("version", "?"); };
  if (version(there) != version(here))
    refuse(path, fmt::format("parlab {} wrote it, this is {}", version(there), version(here)),
           "go on with that version, or name another file");
  if (const std::string other = difference_of(there, here); !other.empty())
    refuse(path, fmt::format("it is of another command ({})", other),
           "repeat that command (parlab status shows it), or name another file");
}

void sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const FileDescriptor descriptor(
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor) fsync(descriptor.get());  // not every file system can
}

}  // namespace

CheckpointContent read_checkpoint(const std::string& path) {
  const FileDescriptor file = opened(path, O_RDONLY);
  size_of(file.get(), path);
  return read_all(file.get(), path).content;
}

std::optional<pid_t> writer_of_checkpoint(const std::string& path) {
  const FileDescriptor file = opened(path, O_RDONLY);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(file.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

CheckpointFile::CheckpointFile(const std::string& path, const json& head) : path_(path) {
  file_ = FileDescriptor(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  is_new_ = static_cast<bool>(file_);
  if (!file_ && errno != EEXIST) refuse(path, errno);
  if (!file_) file_ = opened(path, O_RDWR);
  try {
    size_of(file_.get(), path);
    lock();
    struct stat facts {};
    if (fstat(file_.get(), &facts) == 0 && facts.st_nlink == 0)
      refuse(path_, "another parlab has just removed it", "repeat the command");
    read_or_begin(head);
  } catch (...) {
    if (is_new_) unlink(path.c_str());
    throw;
  }
}

CheckpointFile::~CheckpointFile() {
  if (is_new_ && !content_.state) unlink(path_.c_str());
}

void CheckpointFile::lock() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(file_.get(), F_SETLK, &lock) == 0) return;
  if (errno != EACCES && errno != EAGAIN) refuse(path_, errno);
  is_new_ = false;
  const auto writer = writer_of_checkpoint(path_);
  refuse(path_,
         writer ? fmt::format("another parlab, process {}, is writing it", *writer)
                : "another parlab is writing it",
         "wait for it, or name another file");
}

/// An empty file begins anew.
void CheckpointFile::read_or_begin(const json& head) {
  if (size_of(file_.get(), path_) != 0) {
    Found found = read_all(file_.get(), path_);
    require_same(path_, found.content.head, head);
    content_ = std::move(found.content);
    entries_at_ = found.entries_at;
    sequence_ = found.sequence;
    if (content_.state) reserve(found.state_bytes.value_or(0));
    return;
  }
  std::string whole = head_bytes(head);
  content_.head = head;
  entries_at_ = whole.size();
  // With room for a small state too. In one write: only a kill within its microseconds can cut it, between
  // two pages, and such a file is refused.
  whole.resize(entries_at_ + 2 * block + 2 * block, '\0');
  try {
    write(whole.data(), whole.size(), 0);
    if (fsync(file_.get()) != 0) throw std::system_error(errno, std::generic_category());
  } catch (const std::system_error& failed) {
    refuse(path_, failed.code().value());
  }
  sync_folder_of(path_);
}

void CheckpointFile::reserve(std::uint64_t state_bytes) {
  if (reserved_) return;
  const std::uint64_t end = entries_at_ + 2 * block + 2 * aligned(state_bytes);
  const int error = posix_fallocate(file_.get(), 0, static_cast<off_t>(end));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG)
    throw std::system_error(error, std::generic_category(), fmt::format("cannot write {}", path_));
  reserved_ = state_bytes;
}

void CheckpointFile::write(const void* bytes, std::size_t count, std::uint64_t place) {
  const auto* at = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = pwrite(file_.get(), at, count, static_cast<off_t>(place));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      throw std::system_error(written == 0 ? ENOSPC : errno, std::generic_category(),
                              fmt::format("cannot write {}", path_));
    at += written;
    count -= static_cast<std::size_t>(written);
    place += static_cast<std::uint64_t>(written);
  }
}

void CheckpointFile::save(CheckpointState state) {
  reserve(state.bytes.size());
  if (state.bytes.size() != *reserved_)
    throw std::logic_error("the states of a checkpoint are of one size");
  const std::string text = json_line(state.facts);
  if (text.size() > max_text) throw std::logic_error("the facts of a checkpoint are too long");
  const std::uint64_t place = (sequence_ + 1) % 2;
  Entry entry{.sequence = sequence_ + 1,
              .state_at = entries_at_ + 2 * block + place * aligned(*reserved_),
              .state_bytes = state.bytes.size(),
              .state_checksum = checksum_of(state.bytes.data(), state.bytes.size()),
              .text_bytes = text.size(),
              .checksum = 0};
  entry.checksum = checksum_of(entry, text.data());
  std::string bytes(reinterpret_cast<const char*>(&entry), sizeof(entry));
  bytes += text;
  bytes.resize(block, '\0');
  write(state.bytes.data(), state.bytes.size(), entry.state_at);
  write(bytes.data(), bytes.size(), entries_at_ + place * block);
  if (fdatasync(file_.get()) != 0)
    throw std::system_error(errno, std::generic_category(), fmt::format("cannot write {}", path_));
  ++sequence_;
  content_.state = std::move(state);
}

}  // namespace parlab
