#include "kernels/backends/ranks/launch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "kernels/backends/ranks/batch_hosts.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr char mpirun_variable[] = "PARLAB_MPIRUN";
constexpr char agent_variable[] = "PARLAB_RSH";
/// Open MPI's own, before its version 5 and from it on.
constexpr char old_agent_variable[] = "OMPI_MCA_plm_rsh_agent";
constexpr char new_agent_variable[] = "PRTE_MCA_plm_ssh_agent";

const char* variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return value == nullptr || *value == '\0' ? nullptr : value;
}

bool is_program(const std::string& name) {
  return name.find('/') == std::string::npos ? !find_program(name).empty()
                                             : access(name.c_str(), X_OK) == 0;
}

/// The mpirun of the MPI that parlab was built with, so that ranks understand it; or the user's.
std::string mpirun_file() {
  if (const char* const chosen = variable(mpirun_variable)) {
    if (!is_program(chosen))
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
  const std::string told = answer_of({.words = {file, "--version"}}, 1 << 14);
  const auto tells = [&](const char* word) { return told.find(word) != std::string::npos; };
  if (tells("Open MPI") || tells("OpenRTE")) return Mpirun::open_mpi;
  if (tells("HYDRA")) return Mpirun::hydra;
  throw UsageError(
      fmt::format("backend mpi: {} is neither Open MPI's mpirun nor MPICH's; set {} to one of them",
                  file, mpirun_variable));
}

std::string text_between(std::string_view text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  if (from == std::string_view::npos) return "";
  const auto rest = text.substr(from + begin.size());
  return std::string(rest.substr(0, rest.find_first_of(end)));
}

/// From what MPICH's mpiexec says, which knows a process and its host, not its rank; "" from others.
std::string ended_by_hydra(std::string_view written, const std::vector<LostRank>& lost) {
  const std::string process = text_between(written, "=   PID ", " ");
  if (process.empty()) return "";
  const std::string host = text_between(written, " RUNNING AT ", "\n");
  const auto rank = std::ranges::find(lost, host, &LostRank::host);
  const std::string who = rank == lost.end() ? fmt::format("a rank (process {})", process)
                                             : fmt::format("rank {}", rank->rank);
  const std::string how = text_between(written, "EXIT STRING: ", "\n");  // "Killed (signal 9)"
  const std::string signal = text_between(how, "(signal ", ")");
  if (signal.empty())
    return fmt::format("{} on {}: ended with exit code {}", who, host,
                       text_between(written, "=   EXIT CODE: ", "\n"));
  return fmt::format("{} on {}: ended by signal {} ({})", who, host, signal,
                     how.substr(0, how.find(" (signal")));
}

/// MPICH's words for what starts its part on a host: a program that takes the host and a command.
std::vector<std::string> hydra_launcher(const std::string& agent) {
  if (agent.find_first_of(" \t") != std::string::npos)
    throw UsageError(fmt::format(
        "{}={}: MPICH's mpiexec takes one word: put these into a script that gets HOST COMMAND",
        agent_variable, agent));
  // As rsh: it would give ssh's an option first.
  return {"-launcher", "rsh", "-launcher-exec", agent};
}

}  // namespace

FoundMpirun find_mpirun() {
  std::string file = mpirun_file();
  const Mpirun kind = kind_of(file);
  return {std::move(file), kind};
}

std::vector<std::string> launch_agent() {
  for (const char* name :
       {agent_variable, new_agent_variable, old_agent_variable, "OMPI_MCA_orte_rsh_agent"}) {
    const char* const text = variable(name);
    if (text == nullptr) continue;
    // Open MPI takes the first that is there of several with colons between.
    const char separator = name == agent_variable ? '\0' : ':';
    std::vector<std::string> first;
    std::istringstream all(text);
    for (std::string one; std::getline(all, one, separator);) {
      std::istringstream split(one);
      std::vector<std::string> words;
      for (std::string word; split >> word;) words.push_back(word);
      if (words.empty()) continue;
      if (is_program(words.front())) return words;
      if (first.empty()) first = words;
    }
    if (!first.empty()) return first;
  }
  if (variable("SLURM_JOB_ID") != nullptr && is_program("srun"))
    return {"srun", "--quiet", "--overlap", "--nodes=1", "--ntasks=1", "--nodelist"};
  return {"ssh"};
}

Program rank_program(int ranks, const std::vector<RankHost>& hosts,
                     const std::vector<std::string>& words,
                     const std::vector<std::string>& exported) {
  const auto [file, kind] = find_mpirun();
  Program program{.words = {file, kind == Mpirun::open_mpi ? "-np" : "-n", fmt::to_string(ranks)},
                  .variables = outer_mpirun_variables(),
                  .group = ProcessGroup::own};
  auto& all = program.words;
  const auto add = [&](std::initializer_list<std::string> more) { all.insert(all.end(), more); };
  if (kind == Mpirun::open_mpi) {
    // As other backends' workers: on any processor, and as many as one likes.
    add({"--bind-to", "none"});
    if (!hosts.empty())
      add({"--host", host_list(hosts)});
    else
      add({"--oversubscribe"});
    if (!hosts.empty())
      for (const std::string& name : exported) add({"-x", name});
    const auto set = [&](const std::string& name, const char* value) {
      if (variable(name.c_str()) == nullptr) program.variables[name] = value;
    };
    set("OMPI_ALLOW_RUN_AS_ROOT", "1");
    set("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    if (const char* const agent = variable(agent_variable)) {
      program.variables[old_agent_variable] = agent;
      program.variables[new_agent_variable] = agent;
    } else if (const char* const told = variable(old_agent_variable)) {
      set(new_agent_variable, told);
    }
    // Containers forbid what copies from process to process; messages here are small.
    set("OMPI_MCA_btl_vader_single_copy_mechanism", "none");
    // Where a rank is killed, the others see their connections to it end, and abort. From Open MPI 5 on
    // they are blamed for it, unless they give mpirun the time to see the cause (half a second).
    set("OMPI_MCA_mpi_abort_delay", "2");
    // A host that is lost is noticed in some 6 s. Before Open MPI 5 and from it on.
    for (const std::string prefix : {"OMPI", "PRTE"}) {
      set(prefix + "_MCA_oob_tcp_keepalive_time", "3");
      set(prefix + "_MCA_oob_tcp_keepalive_intvl", "1");
      set(prefix + "_MCA_oob_tcp_keepalive_probes", "3");
    }
  } else if (!hosts.empty()) {
    if (const char* const agent = variable(agent_variable))
      for (const std::string& word : hydra_launcher(agent)) add({word});
    add({"-hosts", host_list(hosts)});
  }
  all.insert(all.end(), words.begin(), words.end());
  return program;
}

std::string why_ranks_ended(std::string_view written, const ExitStatus& status,
                            const std::vector<LostRank>& lost) {
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
  // mpirun of Open MPI 5 breaks its lines.
  const std::string told = fmt::format("{}", fmt::join(lines, " "));
  const auto noticed = told.find("noticed that process rank ");
  if (noticed != std::string::npos) {
    const std::string_view loss = std::string_view(told).substr(noticed);
    return fmt::format("rank {} on {}: ended by signal {}", text_between(loss, "rank ", " "),
                       text_between(loss, "on node ", " "), text_between(loss, "on signal ", "."));
  }
  for (const std::string& line : lines) {
    if (line.starts_with("ssh: "))
      return fmt::format("a host cannot be reached: {}", line.substr(5));
  }
  if (const auto apart = told.find("unable to reach each other"); apart != std::string::npos) {
    const std::string_view who = std::string_view(told).substr(apart);
    const auto second = who.find("Process 2 ");
    return fmt::format(
        "ranks on {} and {} do not reach each other by MPI; a network that they share is named by "
        "OMPI_MCA_btl_tcp_if_include=INTERFACE",
        text_between(who, "is on host: ", " "),
        second == std::string_view::npos ? "?"
                                         : text_between(who.substr(second), "is on host: ", " "));
  }
  if (std::string ended = ended_by_hydra(written, lost); !ended.empty()) return ended;
  if (std::string any = said(""); !any.empty()) return any;
  const bool is_lost =
      written.find("lost communication with a remote daemon") != std::string_view::npos;
  if (is_lost)
    return fmt::format(
        "host {} was lost: it no longer answers",
        text_between(written.substr(written.find("Remote daemon")), "on node ", " \n"));
  if (!lost.empty()) return why_ranks_were_lost(lost);
  for (const std::string& line : lines)
    if (line.find_first_not_of("-=") != std::string::npos)
      return fmt::format("mpirun: {} ({})", line, status.describe());
  return fmt::format("mpirun ended: {}", status.describe());
}

std::string why_ranks_were_lost(const std::vector<LostRank>& lost) {
  const auto silent = std::ranges::find(lost, true, &LostRank::is_silent);
  const LostRank& first = silent == lost.end() ? lost.front() : *silent;
  std::vector<int> ranks;
  for (const LostRank& rank : lost)
    if (rank.host == first.host) ranks.push_back(rank.rank);
  std::ranges::sort(ranks);
  const std::string who =
      fmt::format("{} {}", ranks.size() == 1 ? "rank" : "ranks", fmt::join(ranks, ", "));
  return silent == lost.end()
             ? fmt::format("{} on {}: ended", who, first.host)
             : fmt::format("host {} was lost, with {}: it no longer answers", first.host, who);
}

}  // namespace parlab
