#include "kernels/sharing/redis/redis_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "kernels/base/errors.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/program.hpp"
#include "kernels/sharing/redis/redis.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

constexpr char prefix[] = "parlab-redis-";
constexpr auto max_start = std::chrono::seconds(30);

/// Clock ticks after boot at which a process started (proc(5), field 22); empty where it is gone.
std::string start_time(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  if (!std::getline(file, text)) return "";
  // The name before may hold spaces and brackets: what follows its last one is field 3.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  return field;
}

constexpr char socket_name[] = "/redis.sock";
constexpr char usual_folder[] = "/tmp";

struct TemporaryFolder {
  std::string path;
  std::string variable;  // that names it, or would
};

/// As std::filesystem chooses it, but whether it is there or not.
TemporaryFolder temporary_folder() {
  for (const std::string name : {"TMPDIR", "TMP", "TEMP", "TEMPDIR"}) {
    const char* path = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (path != nullptr && *path != '\0') return {fs::absolute(path).string(), name};
  }
  return {usual_folder, "TMPDIR"};
}

/// For a socket, whose path the kernel bounds: where $TMPDIR is too long, in /tmp.
std::string make_folder() {
  const auto [temporary, variable] = temporary_folder();
  const std::string pid = fmt::to_string(getpid());
  const std::string name = fmt::format("/{}{}-{}-XXXXXX", prefix, pid, start_time(pid));
  const bool too_long =
      temporary.size() + name.size() + sizeof socket_name > sizeof(sockaddr_un::sun_path);
  const std::string parent = too_long ? usual_folder : temporary;
  std::string folder = parent + name;
  if (mkdtemp(folder.data())) return folder;
  const std::string cause = std::generic_category().message(errno);
  throw UsageError(fmt::format(
      "redis-server needs a folder for its socket, and none can be made in {}: {}; set {} to a "
      "folder that may be written{}",
      parent, cause, variable,
      too_long ? fmt::format(", of at most {} bytes",
                             sizeof(sockaddr_un::sun_path) - name.size() - sizeof socket_name)
               : ""));
}

void remove_folder(const std::string& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

}  // namespace

std::string RedisServer::program() { return find_program("redis-server"); }

RedisServer::RedisServer() {
  const std::string redis = program();
  if (redis.empty())
    throw UsageError("no redis-server on this machine: install it, or name one by --redis");
  const Redis client({.place = ""});  // is it supported?
  sweep_redis_folders();
  folder_ = make_folder();
  try {
    const FileDescriptor nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));
    process_.emplace(start_program(
        {.words = {redis, "--port", "0", "--unixsocket", place(), "--unixsocketperm", "700",
                   "--save", "", "--appendonly", "no", "--dir", folder_, "--daemonize", "no"},
         .streams = {nowhere.get(), nowhere.get(), nowhere.get()},
         // A Ctrl-C is for parlab, which ends the server when its arms have ended.
         .group = ProcessGroup::own}));
    const Redis here({.place = place(), .timeout = std::chrono::milliseconds(1000)});
    const auto deadline = std::chrono::steady_clock::now() + max_start;
    for (;;) {
      try {
        here.ping();
        return;
      } catch (const RedisError&) {
        if (std::chrono::steady_clock::now() > deadline) throw;
      }
      // Sleeps until the server ends, at most a millisecond.
      pollfd ended{process_->ended_fd(), POLLIN, 0};
      if (poll(&ended, 1, 1) > 0)
        throw RedisError(fmt::format("{} did not start: {}", redis, process_->wait().describe()));
    }
  } catch (...) {
    process_.reset();
    remove_folder(folder_);
    throw;
  }
}

RedisServer::~RedisServer() {
  process_.reset();  // killed: there is nothing to save
  remove_folder(folder_);
}

void sweep_redis_folders() {
  for (const std::string& folder : {temporary_folder().path, std::string(usual_folder)}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(prefix)) continue;
      std::istringstream parts(name.substr(sizeof prefix - 1));
      std::string pid;
      std::string start;
      if (!std::getline(parts, pid, '-') || !std::getline(parts, start, '-')) continue;
      if (start_time(pid) != start) remove_folder(entry.path());
    }
  }
}

}  // namespace parlab
