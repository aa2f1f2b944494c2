#include "kernels/sharing/memory/segment_name.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

namespace parlab {
namespace {

/// When a process started, or nothing where it is dead: gone, or a zombie.
std::optional<std::uint64_t> start_of(long pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The name, field 2, may hold anything, brackets too; behind the last one comes field 3.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") return std::nullopt;
  for (int number = 4; number <= 22; ++number) fields >> field;
  return std::stoull(field);
}

/// Process numbers mean something within it only.
std::uint64_t number_space() {
  struct stat facts {};
  return stat("/proc/self/ns/pid", &facts) == 0 ? facts.st_ino : 0;
}

}  // namespace

std::string new_segment_name() {
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random)
    throw std::system_error(errno, std::generic_category(), "no random number for a name");
  return fmt::format("parlab-{}-{}-{}-{:016x}", getpid(), start_of(getpid()).value_or(0),
                     number_space(), random);
}

std::vector<std::string> sweep_leaked_segments() {
  namespace fs = std::filesystem;
  std::vector<std::string> swept;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/dev/shm", error)) {
    const std::string name = entry.path().filename().string();
    long pid = 0;
    unsigned long long start = 0;
    unsigned long long space = 0;
    unsigned long long random = 0;
    int end = 0;
    if (std::sscanf(name.c_str(), "parlab-%ld-%llu-%llu-%16llx%n", &pid, &start, &space, &random,
                    &end) != 4 ||
        static_cast<std::size_t>(end) != name.size() || space != number_space())
      continue;
    if (start_of(pid) == start) continue;
    if (shm_unlink(("/" + name).c_str()) == 0) swept.push_back(name);
  }
  return swept;
}

}  // namespace parlab
