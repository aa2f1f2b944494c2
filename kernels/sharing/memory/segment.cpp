#include "kernels/sharing/memory/segment.hpp"

#include <cxxabi.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>

#include "kernels/base/limits.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/sharing/memory/segment_name.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t mark = 0x70'61'72'6c'61'62'73'68;  // "parlabsh"
constexpr std::uint64_t layout_version = 1;
constexpr std::size_t page_bytes = 4096;

/// The last page.
struct Label {
  SegmentFacts facts;
  std::uint64_t version = layout_version;
  std::atomic<std::uint64_t> mark = 0;  // written last: the rest is in place
};
static_assert(sizeof(Label) <= page_bytes);

std::size_t rounded_up(std::size_t bytes) {
  return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

/// Bytes that programs may still take (/proc/meminfo), or all there can be where it is not told.
std::uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::uint64_t kilobytes = 0;
  for (std::string unit; file >> key >> kilobytes; std::getline(file, unit))
    if (key == "MemAvailable:") return kilobytes * 1024;
  return std::numeric_limits<std::uint64_t>::max();
}

[[noreturn]] void throw_no_room(std::uint64_t bytes, const std::string& why) {
  throw OutOfRoom(fmt::format("no room for {:.1f} MiB of shared memory: {}",
                              static_cast<double>(bytes) / (1 << 20), why));
}

[[noreturn]] void throw_no_room(std::uint64_t bytes, int error) {
  if (error == ENOENT) throw_no_room(bytes, "there is no /dev/shm (mount -t tmpfs tmpfs /dev/shm)");
  if (error == ENOSPC) {
    struct statvfs facts {};
    const std::uint64_t left =
        statvfs("/dev/shm", &facts) == 0 ? facts.f_bavail * facts.f_frsize : 0;
    throw_no_room(bytes,
                  fmt::format("/dev/shm has {:.1f} MiB left; make the array smaller, without "
                              "a name, or /dev/shm larger (mount -o remount,size=...)",
                              static_cast<double>(left) / (1 << 20)));
  }
  throw OutOfRoom(
      refusal(fmt::format("share {:.1f} MiB", static_cast<double>(bytes) / (1 << 20)), error)
          .what());
}

FileDescriptor new_file(const std::string& name) {
  if (name.empty()) return FileDescriptor(memfd_create("parlab", MFD_CLOEXEC));
  return FileDescriptor(
      shm_open(("/" + name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

int reserve(int descriptor, off_t bytes) {
  int error = 0;
  while ((error = posix_fallocate(descriptor, 0, bytes)) == EINTR) continue;
  return error;
}

}  // namespace

std::uint64_t SegmentFacts::elements() const {
  std::uint64_t product = 1;
  for (std::uint64_t i = 0; i < dimensions; ++i)
    if (__builtin_mul_overflow(product, shape.at(i), &product))
      return std::numeric_limits<std::uint64_t>::max();
  return product;
}

std::string SegmentFacts::describe() const {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(type.data(), nullptr, nullptr, &status), std::free);
  std::string text = fmt::format("{} [", readable ? readable.get() : type.data());
  for (std::uint64_t i = 0; i < dimensions; ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", shape.at(i));
  return text + "]";
}

Segment::Segment(const SegmentFacts& facts, bool named) : creator_(getpid()) {
  const std::uint64_t elements = facts.elements();
  if (elements > (std::uint64_t{1} << 62) / facts.element_bytes)
    throw OutOfRoom("no address space for " + facts.describe());
  bytes_ = elements * facts.element_bytes;
  mapped_ = rounded_up(bytes_) + page_bytes;
  if (mapped_ > available_memory())
    throw_no_room(mapped_, fmt::format("{:.1f} MiB of memory are available",
                                       static_cast<double>(available_memory()) / (1 << 20)));
  if (named) {
    static std::once_flag swept;
    std::call_once(swept, sweep_leaked_segments);
    name_ = new_segment_name();
  }
  const FileDescriptor file = new_file(name_);
  if (!file) throw_no_room(mapped_, errno);
  try {
    const auto size = static_cast<off_t>(mapped_);
    if (ftruncate(file.get(), size) < 0) throw_no_room(mapped_, errno);
    if (named)
      if (const int error = reserve(file.get(), size); error != 0) throw_no_room(mapped_, error);
    map(file.get());
  } catch (...) {
    if (named) shm_unlink(("/" + name_).c_str());
    throw;
  }
  Label& label = *new (data_ + mapped_ - page_bytes) Label;
  label.facts = facts;
  label.mark.store(mark, std::memory_order_release);
}

Segment::Segment(const std::string& name, const SegmentFacts& facts) : name_(name) {
  const FileDescriptor file(shm_open(("/" + name).c_str(), O_RDWR | O_CLOEXEC, 0));
  if (!file) {
    if (errno == EMFILE || errno == ENFILE) throw_no_room(facts.elements(), errno);
    throw WrongSegment(fmt::format("there is no shared segment {}: {}", name,
                                   std::generic_category().message(errno)));
  }
  struct stat file_facts {};
  fstat(file.get(), &file_facts);
  mapped_ = static_cast<std::size_t>(file_facts.st_size);
  if (mapped_ < page_bytes || mapped_ % page_bytes != 0)
    throw WrongSegment(fmt::format("{} is not a segment of parlab, or not yet in place", name));
  map(file.get());
  const Label& label = *reinterpret_cast<const Label*>(data_ + mapped_ - page_bytes);
  std::string fault;
  if (label.mark.load(std::memory_order_acquire) != mark)
    fault = fmt::format("{} is not a segment of parlab, or not yet in place", name);
  else if (label.version != layout_version)
    fault = fmt::format("segment {} has layout version {}, this program knows {}: build both alike",
                        name, label.version, layout_version);
  else if (!(label.facts == facts))
    fault =
        fmt::format("segment {} holds {}, not {}", name, label.facts.describe(), facts.describe());
  bytes_ = facts.elements() * facts.element_bytes;
  if (fault.empty() && rounded_up(bytes_) + page_bytes != mapped_)
    fault = fmt::format("segment {} was cut to {} bytes", name, mapped_);
  if (!fault.empty()) {
    munmap(data_, mapped_);
    throw WrongSegment(fault);
  }
}

Segment::Segment(Segment&& other) noexcept
    : name_(std::move(other.name_)),
      bytes_(other.bytes_),
      mapped_(other.mapped_),
      data_(std::exchange(other.data_, nullptr)),
      creator_(std::exchange(other.creator_, 0)) {}

Segment::~Segment() {
  if (data_ == nullptr) return;
  munmap(data_, mapped_);
  // A forked copy of the creator leaves the name alone.
  if (!name_.empty() && creator_ == getpid()) shm_unlink(("/" + name_).c_str());
}

void Segment::map(int descriptor) {
  void* data = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED) throw_no_room(mapped_, errno);
  data_ = static_cast<std::byte*>(data);
}

void Segment::populate() const {
#ifdef MADV_POPULATE_WRITE
  constexpr int populate_write = MADV_POPULATE_WRITE;
#else
  constexpr int populate_write = 23;  // Linux 5.14
#endif
  if (madvise(data_, mapped_, populate_write) == 0) return;
  if (errno == ENOMEM || errno == EFAULT) throw_no_room(mapped_, errno);
  // An older kernel: a write that changes nothing.
  for (std::size_t at = 0; at < mapped_; at += page_bytes)
    reinterpret_cast<std::atomic<unsigned char>*>(data_ + at)->fetch_or(0);
}

bool Segment::advise_huge_pages() const { return madvise(data_, mapped_, MADV_HUGEPAGE) == 0; }

}  // namespace parlab
