#include "kernels/base/thread_shortage.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <latch>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace parlab {
namespace {

namespace fs = std::filesystem;

std::size_t default_stack_bytes() {
  pthread_attr_t attributes;
  std::size_t bytes = 0;
  pthread_attr_init(&attributes);
  pthread_attr_getstacksize(&attributes, &bytes);
  pthread_attr_destroy(&attributes);
  return bytes;
}

std::optional<rlim_t> soft_limit(decltype(RLIMIT_AS) resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

std::string in_mebibytes(std::uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

/// Which limit keeps memory from this process.
std::string memory_limit() {
  if (const auto limit = soft_limit(RLIMIT_AS))
    return fmt::format("the limit on address space, ulimit -v, is {}", in_mebibytes(*limit));
  if (const auto limit = soft_limit(RLIMIT_DATA))
    return fmt::format("the limit on data, ulimit -d, is {}", in_mebibytes(*limit));
  return "the system is short of memory";
}

/// A number in a file of a cgroup; nullopt for "max", or where there is none.
std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t number = 0;
  return stream >> number ? std::optional(number) : std::nullopt;
}

/// The limit of this process's cgroup, or of one around it, that is reached; by either version.
std::optional<std::uint64_t> reached_group_limit() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t names = line.find(':') + 1;
    const std::size_t colon = line.find(':', names);
    if (colon == std::string::npos) continue;
    const bool version_2 = colon == names;
    const bool counts =
        (',' + line.substr(names, colon - names) + ',').find(",pids,") != std::string::npos;
    if (!version_2 && !counts) continue;
    const fs::path mount = version_2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
    for (fs::path path = fs::path(line.substr(colon + 1)).relative_path();;
         path = path.parent_path()) {
      const auto most = number_in(mount / path / "pids.max");
      const auto now = number_in(mount / path / "pids.current");
      if (most && now && *now >= *most) return most;
      if (path.empty()) break;
    }
  }
  return std::nullopt;
}

std::string process_limit() {
  if (const auto limit = reached_group_limit())
    return fmt::format("the cgroup's limit on processes, pids.max, is {}", *limit);
  const auto limit = soft_limit(RLIMIT_NPROC);
  if (limit && getuid() != 0)  // the kernel holds everybody else to it
    return fmt::format("the limit on processes, ulimit -u, is {}", *limit);
  return "the system's limit on threads is reached (sysctl kernel.threads-max, kernel.pid_max)";
}

bool has_room_for(std::size_t bytes) {
  void* place = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (place == MAP_FAILED) return false;
  munmap(place, bytes);
  return true;
}

/// Threads that do nothing until they are let go, all of them at once.
class IdleThreads {
 public:
  IdleThreads() = default;
  IdleThreads(const IdleThreads&) = delete;
  IdleThreads& operator=(const IdleThreads&) = delete;
  ~IdleThreads() {
    end_.count_down();
    for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
  }

  bool start(std::size_t stack_bytes) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack_bytes != 0) pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_t thread{};
    const int error = pthread_create(&thread, &attributes, wait, &end_);
    pthread_attr_destroy(&attributes);
    if (error == 0) threads_.push_back(thread);
    return error == 0;
  }

 private:
  static void* wait(void* end) {
    static_cast<std::latch*>(end)->wait();
    return nullptr;
  }

  std::latch end_{1};
  std::vector<pthread_t> threads_;
};

}  // namespace

std::string why_no_thread(std::size_t stack_bytes) {
  const std::size_t bytes = stack_bytes != 0 ? stack_bytes : default_stack_bytes();
  if (has_room_for(bytes)) return process_limit();
  return fmt::format("{}, and the stack of a thread takes {}", memory_limit(), in_mebibytes(bytes));
}

std::string why_no_process(int error) {
  if (error == EAGAIN) return process_limit();
  if (error == ENOMEM) return memory_limit();
  if (error == ENFILE) return "the system's limit on open files is reached (sysctl fs.file-max)";
  if (error == EMFILE)
    return fmt::format("the limit on open files, ulimit -n, is {}",
                       soft_limit(RLIMIT_NOFILE).value_or(0));
  return std::generic_category().message(error);
}

ThreadShortage::ThreadShortage(int thread, int threads, std::size_t stack_bytes)
    : std::runtime_error(fmt::format("cannot start thread {} of {}: {}", thread, threads,
                                     why_no_thread(stack_bytes))) {}

void try_threads(int first, int threads, std::size_t stack_bytes) {
  IdleThreads idle;
  for (int thread = first; thread <= threads; ++thread)
    if (!idle.start(stack_bytes)) throw ThreadShortage(thread, threads, stack_bytes);
}

}  // namespace parlab
