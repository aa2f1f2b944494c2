#include "kernels/bindings/mappings.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace parlab {
namespace {

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/// Mappings begin at pages, so two addresses of one byte have the same place within their pages.
bool may_meet(std::uint64_t a, std::uint64_t a_bytes, std::uint64_t b, std::uint64_t b_bytes) {
  const std::uint64_t page = page_bytes();
  return (b - a) % page < a_bytes || (a - b) % page < b_bytes;
}

/// False where no other mapping can show what is written here. mremap() of 0 bytes makes a second
/// mapping of a shared one, and refuses a private one with EINVAL.
bool may_be_shared(std::uint64_t address) {
  const std::uint64_t page = page_bytes();
  void* first = reinterpret_cast<void*>(address - address % page);
  void* second = mremap(first, 0, page, MREMAP_MAYMOVE);
  if (second == MAP_FAILED) return errno != EINVAL;
  munmap(second, page);
  return true;
}

/// A part of a file, or of a piece of shared memory, which is a file without a name.
struct Part {
  std::uint64_t device, inode, begin, end;
};

/// What lies in a range of addresses, without memory that is no file's.
std::vector<Part> parts_at(const std::vector<std::string>& maps, std::uint64_t address,
                           std::uint64_t bytes) {
  std::vector<Part> parts;
  for (const std::string& line : maps) {
    std::uint64_t begin = 0, end = 0, offset = 0, major = 0, minor = 0, inode = 0;
    if (std::sscanf(line.c_str(),
                    "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %" SCNx64 ":%" SCNx64 " %" SCNu64,
                    &begin, &end, &offset, &major, &minor, &inode) != 6 ||
        inode == 0)
      continue;
    const std::uint64_t first = std::max(begin, address), last = std::min(end, address + bytes);
    if (first < last)
      parts.push_back({major << 32 | minor, inode, offset + first - begin, offset + last - begin});
  }
  return parts;
}

}  // namespace

bool is_mapped_twice(const void* from, std::uint64_t from_bytes, const void* to,
                     std::uint64_t to_bytes) {
  const auto a = reinterpret_cast<std::uintptr_t>(from), b = reinterpret_cast<std::uintptr_t>(to);
  if (from_bytes == 0 || to_bytes == 0) return false;
  if (!may_meet(a, from_bytes, b, to_bytes) || !may_be_shared(b)) return false;
  std::vector<std::string> maps;
  std::ifstream file("/proc/self/maps");
  for (std::string line; std::getline(file, line);) maps.push_back(line);
  const std::vector<Part> read = parts_at(maps, a, from_bytes),
                          written = parts_at(maps, b, to_bytes);
  return std::ranges::any_of(written, [&](const Part& w) {
    return std::ranges::any_of(read, [&](const Part& r) {
      return r.device == w.device && r.inode == w.inode && r.begin < w.end && w.begin < r.end;
    });
  });
}

}  // namespace parlab
