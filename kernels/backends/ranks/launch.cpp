#include "kernels/backends/ranks/launch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <optional>
#include <sstream>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr char mpirun_variable[] = "PARLAB_MPIRUN";

const char* variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return value == nullptr || *value == '\0' ? nullptr : value;
}

/// The mpirun of the MPI that parlab was built with, so that ranks understand it; or the user's.
std::string mpirun_file() {
  if (const char* const chosen = variable(mpirun_variable)) {
    if (find_program(chosen).empty())
      throw UsageError(fmt::format("{}={}: there is no such program", mpirun_variable, chosen));
    return chosen;
  }
#ifdef PARLAB_MPIEXEC
  if (access(PARLAB_MPIEXEC, X_OK) == 0) return PARLAB_MPIEXEC;
#endif
  for (const char* name : {"mpirun", "mpiexec"})
    if (std::string file = find_program(name); !file.empty()) return file;
  throw UsageError(
      fmt::format("backend mpi: there is no mpirun; install openmpi-bin (or mpich, as parlab was "
                  "built), or set "
                  "{}",
                  mpirun_variable));
}

Mpirun kind_of(const std::string& file) {
  const ProgramOutput told = output_of({.words = {file, "--version"}}, 1 << 14);
  const auto tells = [&](const char* word) { return told.text.find(word) != std::string::npos; };
  if (tells("Open MPI") || tells("OpenRTE")) return Mpirun::open_mpi;
  if (tells("HYDRA")) return Mpirun::hydra;
  throw UsageError(
      fmt::format("backend mpi: {} is neither Open MPI's mpirun nor MPICH's; set {} to one of them",
                  file, mpirun_variable));
}

int all_slots(const std::vector<RankHost>& hosts) {
  return std::accumulate(hosts.begin(), hosts.end(), 0,
                         [](int sum, const RankHost& host) { return sum + host.slots; });
}

/// Name and number, "h1:2".
RankHost host_of(const std::string& option, std::string_view text, char separator) {
  const auto colon = text.rfind(separator);
  RankHost host{std::string(text.substr(0, colon)), 1};
  if (colon != std::string_view::npos) {
    const std::string_view number = text.substr(colon + 1);
    const auto read = std::from_chars(number.data(), number.data() + number.size(), host.slots);
    if (read.ec != std::errc{} || read.ptr != number.data() + number.size() || host.slots < 1 ||
        host.slots > max_workers)
      throw UsageError(fmt::format("{}: '{}' has no number of ranks from 1 to {} behind the '{}'",
                                   option, text, max_workers, separator));
  }
  const auto is_odd = [](char c) {
    return c <= ' ' || c == ',' || c == ':' || c == '\'' || c == '"';
  };
  if (host.name.empty() || host.name.front() == '-' || std::ranges::any_of(host.name, is_odd))
    throw UsageError(
        fmt::format("{}: '{}' does not name a host; write HOST or HOST:RANKS", option, text));
  return host;
}

void add_host(const std::string& option, std::vector<RankHost>& hosts, RankHost host) {
  if (std::ranges::find(hosts, host.name, &RankHost::name) != hosts.end())
    throw UsageError(fmt::format("{}: host {} appears twice; give the number of its ranks, {}:2",
                                 option, host.name, host.name));
  hosts.push_back(std::move(host));
}

std::string host_words(const std::vector<RankHost>& hosts) {
  std::vector<std::string> words;
  for (const RankHost& host : hosts) words.push_back(fmt::format("{}:{}", host.name, host.slots));
  return fmt::format("{}", fmt::join(words, ","));
}

/// A batch system whose hosts mpirun itself knows, or is told by a file.
bool is_allotted() {
  return variable("SLURM_JOB_ID") != nullptr || variable("PBS_NODEFILE") != nullptr;
}

std::string text_between(std::string_view text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  if (from == std::string_view::npos) return "";
  const auto rest = text.substr(from + begin.size());
  return std::string(rest.substr(0, rest.find_first_of(end)));
}

}  // namespace

std::vector<RankHost> parse_rank_hosts(const std::string& option, const std::string& text) {
  std::vector<RankHost> hosts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    add_host(option, hosts,
             host_of(option, std::string_view(text).substr(begin, end - begin), ':'));
    begin = end + 1;
  }
  return hosts;
}

std::vector<RankHost> read_rank_hosts(const std::string& option, const std::string& path) {
  std::ifstream file(path);
  if (!file) throw UsageError(fmt::format("{} {}: it cannot be read", option, path));
  const std::string where = fmt::format("{} {}", option, path);
  std::vector<RankHost> hosts;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name, slots, more;
    if (!(words >> name)) continue;
    if (words >> slots) {
      if (!slots.starts_with("slots=") || words >> more)
        throw UsageError(fmt::format("{} {}: '{}' is not HOST, HOST:RANKS or HOST slots=RANKS",
                                     option, path, line));
      (name += ':') += slots.substr(6);
    }
    add_host(where, hosts, host_of(where, name, ':'));
  }
  if (hosts.empty()) throw UsageError(fmt::format("{} {}: it names no host", option, path));
  return hosts;
}

void require_ranks(int ranks, const std::vector<RankHost>& hosts) {
  kind_of(mpirun_file());
  if (!hosts.empty() && all_slots(hosts) < ranks)
    throw UsageError(fmt::format(
        "--workers {}: the hosts take {} ranks; write more behind a host, as in {}:{}", ranks,
        all_slots(hosts), hosts.front().name, hosts.front().slots + ranks - all_slots(hosts)));
}

Program rank_program(int ranks, const std::vector<RankHost>& hosts,
                     const std::vector<std::string>& words,
                     const std::vector<std::string>& exported) {
  const std::string file = mpirun_file();
  const Mpirun kind = kind_of(file);
  Program program{.words = {file, kind == Mpirun::open_mpi ? "-np" : "-n", fmt::to_string(ranks)},
                  .group = ProcessGroup::own};
  auto& all = program.words;
  const auto add = [&](std::initializer_list<std::string> more) { all.insert(all.end(), more); };
  if (kind == Mpirun::open_mpi) {
    // As other backends' workers: on any processor, and as many as one likes.
    add({"--bind-to", "none"});
    if (!hosts.empty())
      add({"--host", host_words(hosts)});
    else if (const char* const nodes = variable("PBS_NODEFILE"))
      add({"--hostfile", nodes});
    else if (!is_allotted())
      add({"--oversubscribe"});
    if (!hosts.empty())
      for (const std::string& name : exported) add({"-x", name});
    const auto set = [&](const char* name, const char* value) {
      if (variable(name) == nullptr) program.variables[name] = value;
    };
    set("OMPI_ALLOW_RUN_AS_ROOT", "1");
    set("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    // Containers forbid what copies from process to process; messages here are small.
    set("OMPI_MCA_btl_vader_single_copy_mechanism", "none");
    // A host that is lost is noticed in some 6 s.
    set("OMPI_MCA_oob_tcp_keepalive_time", "3");
    set("OMPI_MCA_oob_tcp_keepalive_intvl", "1");
    set("OMPI_MCA_oob_tcp_keepalive_probes", "3");
  } else if (!hosts.empty()) {
    add({"-hosts", host_words(hosts)});
  } else if (const char* const nodes = variable("PBS_NODEFILE")) {
    add({"-f", nodes});
  }
  all.insert(all.end(), words.begin(), words.end());
  return program;
}

std::string why_ranks_ended(std::string_view written, const ExitStatus& status) {
  std::vector<std::string> lines;
  std::istringstream text{std::string(written)};
  for (std::string line; std::getline(text, line);) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin != std::string::npos) lines.push_back(line.substr(begin));
  }
  // What a rank says itself is the nearest to the cause.
  constexpr std::string_view own = "parlab: ";
  const auto said = [&](std::string_view begin) -> std::string {
    for (const std::string& line : lines)
      if (line.starts_with(std::string(own).append(begin)) &&
          !line.starts_with("parlab: interrupted"))  // by mpirun, for another's end
        return line.substr(own.size());
    return "";
  };
  if (std::string rank = said("rank "); !rank.empty()) return rank;
  for (const std::string& line : lines) {
    if (const auto rank = text_between(line, "noticed that process rank ", " "); !rank.empty())
      return fmt::format("rank {} on {}: ended by signal {}", rank,
                         text_between(line, "on node ", " "),
                         text_between(line, "on signal ", "."));
    if (line.starts_with("ssh: "))
      return fmt::format("a host cannot be reached: {}", line.substr(5));
  }
  if (std::string any = said(""); !any.empty()) return any;
  const bool is_lost =
      written.find("lost communication with a remote daemon") != std::string_view::npos;
  if (is_lost)
    return fmt::format(
        "host {} was lost: it no longer answers",
        text_between(written.substr(written.find("Remote daemon")), "on node ", " \n"));
  for (const std::string& line : lines)
    if (line.find_first_not_of("-=") != std::string::npos)
      return fmt::format("mpirun: {} ({})", line, status.describe());
  return fmt::format("mpirun ended: {}", status.describe());
}

}  // namespace parlab
