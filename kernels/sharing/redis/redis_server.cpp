#include "kernels/sharing/redis/redis_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
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
#include "kernels/sharing/hosts/fresh_nonce.hpp"
#include "kernels/sharing/hosts/own_certificate.hpp"
#include "kernels/sharing/hosts/tcp_places.hpp"
#include "kernels/sharing/hosts/tls_context.hpp"

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

/// A port that was free may be another's a moment later.
constexpr int max_ports = 5;

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

/// That nobody listens at now.
std::string free_port(const std::string& host) {
  const TcpPlaces places = look_up_tcp(host, "0", AI_PASSIVE);
  const FileDescriptor socket(::socket(places->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || bind(socket.get(), places->ai_addr, places->ai_addrlen) != 0)
    throw UsageError(
        fmt::format("redis-server cannot listen at {}: {}; name an address of this machine", host,
                    std::generic_category().message(errno)));
  return fmt::to_string(bound_port(socket.get()));
}

}  // namespace

std::string RedisServer::program() { return find_program("redis-server"); }

std::string RedisServer::why_not() {
  if (!redis_supported()) return "this build has no hiredis: install libhiredis-dev, make build";
  return program().empty() ? "no redis-server here: install redis-server" : "";
}

std::string RedisServer::why_not_secured() {
  if (std::string why = why_not(); !why.empty()) return why;
  if (!keys_supported()) return "this build has no TLS: install libssl-dev, make build";
  const std::string redis = program();
  // One without TLS stumbles over the first, all others over the second.
  const std::string told =
      answer_of({.words = {redis, "--tls-port", "0", "--no-such-word", "x"}}, 4096, max_start);
  return told.find("no-such-word") == std::string::npos
             ? fmt::format("{} was built without TLS: install Debian's redis-server", redis)
             : "";
}

RedisServer::RedisServer(const std::optional<std::string>& host) {
  const std::string redis = program();
  if (redis.empty())
    throw UsageError("no redis-server on this machine: install it, or name one by --redis");
  const Redis client({.place = ""});  // is it supported?
  if (host)
    if (const std::string why = why_not_secured(); !why.empty()) throw UsageError("Redis: " + why);
  sweep_redis_folders();
  folder_ = make_folder();
  try {
    std::string configuration =
        fmt::format("port 0\nsave \"\"\nappendonly no\ndir \"{}\"\ndaemonize no\n", folder_);
    if (!host) {
      address_.place = folder_ + socket_name;
      configuration += fmt::format("unixsocket \"{}\"\nunixsocketperm 700\n", address_.place);
      if (start(redis, configuration)) return;
      throw RedisError(fmt::format("{} did not start: {}", redis, process_->wait().describe()));
    }
    const OwnCertificate files = make_own_certificate(folder_, *host);
    address_.password = to_hex(fresh_nonce());
    address_.authorities = files.certificate;
    configuration += fmt::format(
        "bind {}\ntls-cert-file \"{}\"\ntls-key-file \"{}\"\ntls-ca-cert-file \"{}\"\n"
        "tls-auth-clients no\nrequirepass {}\n",
        *host, files.certificate, files.key, files.certificate, address_.password);
    for (int attempt = 1;; ++attempt) {
      const std::string port = free_port(*host);
      address_.place = fmt::format("rediss://{}:{}", *host, port);
      if (start(redis, fmt::format("{}tls-port {}\n", configuration, port))) return;
      // Another took the port meanwhile.
      if (attempt == max_ports)
        throw RedisError(fmt::format("{} did not start: {}", redis, process_->wait().describe()));
    }
  } catch (...) {
    process_.reset();
    remove_folder(folder_);
    throw;
  }
}

/// Waits until it answers; false where it ends.
bool RedisServer::start(const std::string& program, const std::string& configuration) {
  // Not as words of a command line, which anybody may read.
  const std::string file = folder_ + "/redis.conf";
  std::ofstream(file) << configuration;
  const FileDescriptor nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));
  process_.reset();
  process_.emplace(start_program({.words = {program, file},
                                  .streams = {nowhere.get(), nowhere.get(), nowhere.get()},
                                  // A Ctrl-C is for parlab, which ends the server when its arms
                                  // have ended.
                                  .group = ProcessGroup::own}));
  const Redis here(address_);
  const auto deadline = std::chrono::steady_clock::now() + max_start;
  for (;;) {
    try {
      here.ping();
      return true;
    } catch (const RedisError&) {
      if (std::chrono::steady_clock::now() > deadline) throw;
    }
    // Sleeps until the server ends, at most a millisecond.
    pollfd ended{process_->ended_fd(), POLLIN, 0};
    if (poll(&ended, 1, 1) > 0) return false;
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
