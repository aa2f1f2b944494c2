#include "kernels/backends/ranks/batch_hosts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// More than a list of a typing error's length may name.
constexpr std::uint64_t max_nodes = 100'000;

std::string variable(const char* name, const char* otherwise = "") {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return value == nullptr || *value == '\0' ? otherwise : value;
}

[[noreturn]] void refuse(const char* what, std::string_view text) {
  throw UsageError(
      fmt::format("{} of this job, '{}', cannot be read: name hosts by --hosts", what, text));
}

/// All of the text, as a number.
std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

/// "1-3,07" between brackets: 1, 2, 3, 07, with as many digits as the first of a range has.
std::vector<std::string> numbers_in(std::string_view ranges, std::string_view text) {
  std::vector<std::string> numbers;
  for (std::size_t begin = 0; begin <= ranges.size();) {
    const std::size_t end = std::min(ranges.find(',', begin), ranges.size());
    const std::string_view range = ranges.substr(begin, end - begin);
    const std::string_view first = range.substr(0, range.find('-'));
    const std::string_view last =
        first.size() == range.size() ? first : range.substr(first.size() + 1);
    const auto from = number_in(first), to = number_in(last);
    if (!from || !to || *to < *from || *to - *from >= max_nodes) refuse("nodes", text);
    for (std::uint64_t number = *from; number <= *to; ++number)
      numbers.push_back(fmt::format("{:0{}}", number, first.size()));
    begin = end + 1;
  }
  return numbers;
}

/// A node's name with any number of brackets in it.
void add_nodes(std::vector<std::string>& nodes, const std::string& done, std::string_view rest,
               std::string_view text) {
  const std::size_t open = rest.find('[');
  if (open == std::string_view::npos) {
    nodes.push_back(done + std::string(rest));
    if (nodes.back().empty() || rest.find(']') != std::string_view::npos) refuse("nodes", text);
    return;
  }
  const std::size_t close = rest.find(']', open);
  if (close == std::string_view::npos) refuse("nodes", text);
  for (const std::string& number : numbers_in(rest.substr(open + 1, close - open - 1), text)) {
    if (nodes.size() >= max_nodes) refuse("nodes", text);
    add_nodes(nodes, std::string(done).append(rest.substr(0, open)).append(number),
              rest.substr(close + 1), text);
  }
}

AllottedHosts slurm_hosts() {
  const std::string list = variable("SLURM_JOB_NODELIST", variable("SLURM_NODELIST").c_str());
  if (list.empty()) return {};
  const std::string tasks = variable("SLURM_TASKS_PER_NODE", "1");
  const std::vector<std::string> nodes = slurm_nodes(list);
  std::vector<int> counts = slurm_counts(tasks);
  if (counts.size() == 1) counts.resize(nodes.size(), counts.front());
  if (counts.size() != nodes.size()) refuse("tasks per node", tasks);
  AllottedHosts allotted{.by = "SLURM_JOB_NODELIST"};
  for (std::size_t i = 0; i < nodes.size(); ++i) allotted.hosts.push_back({nodes[i], counts[i]});
  return allotted;
}

AllottedHosts pbs_hosts(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    throw UsageError(
        fmt::format("PBS_NODEFILE={}: it cannot be read; name hosts by --hosts", path));
  AllottedHosts allotted{.by = "PBS_NODEFILE"};
  for (std::string name; file >> name;) {
    const auto host = std::ranges::find(allotted.hosts, name, &RankHost::name);
    if (host == allotted.hosts.end())
      allotted.hosts.push_back({name, 1});
    else
      ++host->slots;
  }
  if (allotted.hosts.empty())
    throw UsageError(fmt::format("PBS_NODEFILE={}: it names no host; name some by --hosts", path));
  return allotted;
}

}  // namespace

std::vector<std::string> slurm_nodes(std::string_view text) {
  std::vector<std::string> nodes;
  std::size_t begin = 0;
  int depth = 0;  // commas between brackets separate no nodes
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '[') ++depth;
    if (i < text.size() && text[i] == ']') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    add_nodes(nodes, "", text.substr(begin, i - begin), text);
    begin = i + 1;
  }
  return nodes;
}

std::vector<int> slurm_counts(std::string_view text) {
  std::vector<int> counts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view item = text.substr(begin, end - begin);
    std::uint64_t times = 1;
    if (const auto open = item.find("(x"); open != std::string_view::npos) {
      const auto read = item.back() == ')'
                            ? number_in(item.substr(open + 2, item.size() - open - 3))
                            : std::nullopt;
      if (!read || *read == 0 || *read > max_nodes) refuse("tasks per node", text);
      times = *read;
      item = item.substr(0, open);
    }
    const auto count = number_in(item);
    if (!count || *count == 0 || *count > static_cast<std::uint64_t>(max_workers) ||
        counts.size() > max_nodes)
      refuse("tasks per node", text);
    counts.insert(counts.end(), times, static_cast<int>(*count));
    begin = end + 1;
  }
  return counts;
}

AllottedHosts allotted_hosts() {
  if (!variable("SLURM_JOB_ID").empty()) return slurm_hosts();
  if (const std::string path = variable("PBS_NODEFILE"); !path.empty()) return pbs_hosts(path);
  if (!variable("FLUX_JOB_ID").empty() || !variable("FLUX_URI").empty())
    throw UsageError(
        "backend mpi: this is a job of Flux, which does not tell its hosts by variables; name "
        "them: "
        "--hosts \"$(flux hostlist -e -d, local)\", with :RANKS behind each that takes several");
  return {};
}

void require_one_start() {
  for (const char* name :
       {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    const auto size = number_in(variable(name));
    if (!size || *size <= 1) continue;
    throw UsageError(fmt::format(
        "backend mpi: {} of this program were started at once ({}), and each would start ranks: "
        "start it once, without mpirun or srun, with --workers {} and --hosts",
        *size, name, *size));
  }
}

Variables outer_mpirun_variables() {
  // What the user may have set for any mpirun is kept, above all other OMPI_MCA_*.
  constexpr std::array<std::string_view, 15> prefixes = {
      "PMIX_",         "PMI_",         "OMPI_COMM_WORLD_", "OMPI_APP_CTX_", "OMPI_NUM_APP_CTX",
      "OMPI_FIRST_",   "OMPI_FILE_",   "OMPI_UNIVERSE_",   "OMPI_ARGV",     "OMPI_COMMAND",
      "OMPI_MCA_orte", "OMPI_MCA_ess", "OMPI_MCA_pmix",    "HYDI_",         "PRTE_LAUNCHED"};
  Variables variables;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view text = *one;
    const std::string_view name = text.substr(0, text.find('='));
    if (name == "OMPI_MCA_orte_rsh_agent") continue;
    if (std::ranges::any_of(prefixes, [&](auto prefix) { return name.starts_with(prefix); }))
      variables[std::string(name)] = std::nullopt;
  }
  return variables;
}

}  // namespace parlab
