#include "experiments/measure/ranks/host_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "experiments/base/this_program.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/options/shell_words.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/backends/ranks/lifeline.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/text/ascii.hpp"
#include "kernels/machine/simd_level.hpp"
#include "kernels/posix/start_thread.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// A login takes well below a second, one beside a slow name service some.
constexpr std::chrono::seconds answer_patience{10};

/// Hosts asked at the same time: each takes a process and three descriptors.
constexpr std::size_t max_at_once = 64;

/// Who asks is none, so that its end is no loss.
constexpr int not_a_rank = -1;

/// Milliseconds after which it is seen that all have answered.
constexpr int between_looks = 10;

constexpr std::size_t max_answer_bytes = 1 << 14;
constexpr std::string_view facts_mark = "parlab rank facts: ";

/// An exit code of ssh that is its own, not the command's.
constexpr int ssh_failed = 255;
constexpr int no_permission = 126;

/// A host's answer, or what is to be told instead.
struct Asked {
  json facts;
  std::string failure;
};

/// The last line that says something: there programs say why they end.
std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);)
    if (!trimmed(line).empty()) last = trimmed(line);
  return last;
}

json facts_in(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (const auto at = line.find(facts_mark); at != std::string::npos) {
      json facts = json::parse(line.substr(at + facts_mark.size()), nullptr, false);
      if (facts.is_object()) return facts;
    }
  return nullptr;
}

/// ssh asks for no password: nobody could tell which of the hosts wants it.
std::vector<std::string> words_on(const std::string& host, const std::string& command) {
  std::vector<std::string> words = launch_agent();
  if (words.front() == "ssh" || words.front().ends_with("/ssh"))
    words.insert(words.end(), {"-x", "-o", "BatchMode=yes"});
  words.push_back(host);
  if (words.front() == "srun") words.insert(words.end(), {"sh", "-c"});  // ssh asks a shell itself
  words.push_back(command);
  return words;
}

/// Why an answer has no facts in it.
std::string failure_of(const std::string& host, const ProgramOutput& output,
                       const std::string& agent, const std::string& program) {
  const std::string said = last_line(output.text);
  const std::string advice = fmt::format("try: {} {} true", agent, host);
  if (output.is_late)
    return fmt::format("host {} gave no answer within {} s; {}", host, answer_patience.count(),
                       advice);
  if (output.status.code == no_such_program && output.text.empty())
    return fmt::format(
        "host {} cannot be reached: there is no {}; install it, or name in PARLAB_RSH what starts "
        "commands on hosts",
        host, agent);
  if (output.status.code == no_such_program || output.status.code == no_permission)
    return fmt::format("host {} has no parlab that runs at {} ({}): install this build there", host,
                       program, said);
  if (output.status.code == ssh_failed || !output.text.starts_with("parlab: "))
    return fmt::format("host {} cannot be reached: {}; {}", host,
                       said.empty() ? output.status.describe() : said, advice);
  return fmt::format("host {} has another parlab at {}, which says: {}: install this build there",
                     host, program, said);
}

Asked ask(const std::string& host, const std::string& lifeline) {
  const std::string program = program_file();
  const bool is_here = host.empty() || is_this_machine(host);
  Program question{.words = {program, "rank-facts"}, .group = ProcessGroup::own};
  if (!is_here)
    question.words = words_on(
        host, fmt::format("{} rank-facts {}", shell_quoted(program), shell_quoted(lifeline)));
  const ProgramOutput output = output_of(question, max_answer_bytes, answer_patience);
  Asked asked{facts_in(output.text), ""};
  if (asked.facts.is_null() && is_here) {
    const std::string said = last_line(output.text);
    asked.failure = fmt::format("{} does not start: {}", program,
                                said.empty() ? output.status.describe() : said);
  } else if (asked.facts.is_null()) {
    asked.failure =
        failure_of(host, output, fmt::format("{}", fmt::join(launch_agent(), " ")), program);
  }
  return asked;
}

std::vector<Asked> ask_all(const std::vector<std::string>& hosts) {
  LifelineServer lifelines;
  const std::string address = lifelines.address();
  std::vector<Asked> all(hosts.size());
  std::atomic<std::size_t> next = 0, answered = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < hosts.size(); i = next++) {
      try {
        all[i] = ask(hosts[i], address);
      } catch (const std::exception& error) {
        all[i].failure = error.what();
      }
      ++answered;
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(hosts.size(), max_at_once); ++i)
    threads.push_back(start_thread(work, "that asks hosts"));
  while (answered < hosts.size()) {
    pollfd events{lifelines.fd(), POLLIN, 0};
    poll(&events, 1, between_looks);
    lifelines.read();
  }
  for (std::thread& thread : threads) thread.join();
  return all;
}

/// Why ranks there would not be those here; "" where they would.
std::string difference(const std::string& host, const json& here, const json& there) {
  const auto differ = [&](const char* key) {
    return there.value(key, std::string()) != here.value(key, std::string());
  };
  if (differ("build"))
    return fmt::format("host {} has parlab {}, this machine {}: install the same build on both",
                       host, there.value("build", "unknown"), here.value("build", "unknown"));
  if (there.contains("way_failure"))
    return fmt::format("host {} {}; let it connect to any port here", host,
                       there.value("way_failure", ""));
  if (there.contains("mpi_failure"))
    return fmt::format("host {}: {}; install there what this machine has, {}", host,
                       there.value("mpi_failure", ""), here.value("mpi", ""));
  if (differ("mpi"))
    return fmt::format("host {} has {}, this machine {}: install the same MPI on both", host,
                       there.value("mpi", "unknown"), here.value("mpi", "unknown"));
  return "";
}

/// That mpirun is of the library that ranks load.
void require_same_vendor(const FoundMpirun& mpirun, const std::string& library) {
  const bool is_open_mpi = library.starts_with("Open MPI");
  if (is_open_mpi == (mpirun.kind == Mpirun::open_mpi)) return;
  throw UsageError(fmt::format(
      "backend mpi: {} is {} mpirun, and ranks load {}: set PARLAB_MPIRUN to the mpirun of that",
      mpirun.file, is_open_mpi ? "MPICH's" : "Open MPI's", library));
}

}  // namespace

std::string rank_facts_line(const std::string& lifeline) {
  json facts = {{"build", program_build()}, {"simd", simd_level()}};
  if (!lifeline.empty()) try {
      connect_lifeline(lifeline, not_a_rank);
    } catch (const std::exception& error) {
      facts["way_failure"] = error.what();
    }
  try {
    facts["mpi"] = rank_library(program_file().replace_filename("parlab-mpi.so"));
  } catch (const std::exception& error) {
    facts["mpi_failure"] = error.what();
  }
  return std::string(facts_mark) + facts.dump(-1, ' ', false, json::error_handler_t::replace) +
         '\n';
}

json check_rank_hosts(const std::string& option, const std::vector<RankHost>& hosts) {
  const FoundMpirun mpirun = find_mpirun();
  std::vector<std::string> names = {""};  // this machine
  for (const RankHost& host : hosts) names.push_back(host.name);
  const std::vector<Asked> all = ask_all(names);
  const json& here = all.front().facts;
  if (!all.front()
           .failure.empty())  // nothing that was asked for: it was killed, or there is no memory
    throw std::runtime_error("backend mpi: " + all.front().failure);
  if (here.contains("mpi_failure"))
    throw UsageError("backend mpi: " + here.value("mpi_failure", ""));
  require_same_vendor(mpirun, here.value("mpi", ""));
  json facts = json::array();
  std::vector<std::string> failures;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto& [there, failure] = all[i + 1];
    const std::string why = failure.empty() ? difference(hosts[i].name, here, there) : failure;
    if (!why.empty()) failures.push_back(why);
    facts.push_back({{"name", hosts[i].name},
                     {"slots", hosts[i].slots},
                     {"simd", there.is_null() ? "" : there.value("simd", "")},
                     {"mpi", there.is_null() ? "" : there.value("mpi", "")}});
  }
  if (!failures.empty())
    throw UsageError(fmt::format(
        "{}: {}{}", option, failures.front(),
        failures.size() == 1
            ? ""
            : fmt::format(" (and {} more of {} hosts)", failures.size() - 1, hosts.size())));
  return facts;
}

}  // namespace parlab
