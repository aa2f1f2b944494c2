#include "experiments/command_line/replay/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "experiments/base/json_text.hpp"
#include "experiments/measure/results/result_file.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_document(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad())
    throw std::runtime_error(std::generic_category().message(errno));
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    throw std::runtime_error(error.byte > text.size()
                                 ? std::string("it is cut: its end is missing")
                                 : fmt::format("it is not JSON: byte {}", error.byte));
  }
}

/// The file has been changed by hand where its parts contradict each other.
void require(bool holds, const std::string& complaint) {
  if (!holds) throw std::runtime_error(complaint);
}

ClaimedArm arm_of(const json& results, std::size_t index, const std::string& where) {
  require(index < results.size(),
          fmt::format("{} is {}, but there are only {} results", where, index, results.size()));
  const json& result = results[index];
  return {.label = result.at("label"),
          .backend = result.at("backend"),
          .schedule = result.at("schedule"),
          .workers = result.at("workers")};
}

/// Requires a document of schema parlab/1.
ClaimedRace race_of(const json& document, const std::string& file) {
  const json& context = document.at("context");
  const json& results = document.at("results");
  ClaimedRace race{.file = file,
                   .name = document.at("run").at("name"),
                   .command = context.at("command"),
                   .usable_cores = context.at("usable_cores")};
  std::size_t number = 0;
  for (const json& headline : document.at("headlines")) {
    const std::string where = fmt::format("headlines[{}]", number++);
    Claim claim{.sentence = headline.at("sentence"),
                .verdict = headline.at("verdict"),
                .arm = arm_of(results, headline.at("result"), where + ".result"),
                .base = arm_of(results, headline.at("against"), where + ".against"),
                .ratio = headline.at("ratio")};
    const json& low = headline.at("interval").at(0);
    const json& high = headline.at("interval").at(1);
    require(claim.ratio > 0 && (low.is_null() || low.get<double>() <= claim.ratio) &&
                (high.is_null() || high.get<double>() >= claim.ratio),
            where + ": its ratio lies outside of its interval");
    require(claim.verdict != "faster" || (!low.is_null() && low.get<double>() > 1),
            where + ": it says faster, its interval does not");
    require(claim.verdict != "slower" || (!high.is_null() && high.get<double>() < 1),
            where + ": it says slower, its interval does not");
    if (claim.verdict == "faster" || claim.verdict == "slower" || claim.verdict == "equivalent")
      race.claims.push_back(std::move(claim));
    else
      ++race.undecided;
  }
  return race;
}

ClaimedRace read_race(const fs::path& path) {
  try {
    const json document = read_document(path);
    const json schema = document.is_object() ? document.value("schema", json()) : json();
    require(schema == json(result_schema),
            schema.is_null()
                ? std::string("it is no result of parlab")
                : fmt::format("its schema is {}, not {}", told_answer(schema), result_schema));
    return race_of(document, as_utf8(path.filename().string()));
  } catch (const json::exception& error) {
    throw std::runtime_error(fmt::format("it is damaged: {}", error.what()));
  }
}

/// The result files of a report: those that suite.json names, else all that are one.
std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  try {
    for (const json& name : read_document(folder / "suite.json").at("files"))
      files.push_back(folder / fs::path(name.get<std::string>()).filename());
    return files;
  } catch (const std::exception&) {
    files.clear();  // every result file of the folder, then
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() == ".json" && name != "suite.json" && name != "headlines.json" &&
        name != "micro.json" && name != "history.json")
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

ClaimedReport read_claims(const std::string& words) {
  fs::path path = words;
  std::error_code none;
  if (!fs::exists(path, none))
    throw UsageError(fmt::format("replay: there is no {}", as_utf8(words)));
  if (path.extension() == ".md" || path.extension() == ".html")
    path = path.has_parent_path() ? path.parent_path() : fs::path(".");
  ClaimedReport report;
  const bool is_folder = fs::is_directory(path, none);
  const std::vector<fs::path> files = is_folder ? files_of(path) : std::vector<fs::path>{path};
  for (const fs::path& file : files) try {
      report.races.push_back(read_race(file));
    } catch (const std::runtime_error& error) {
      report.faults.push_back(fmt::format("{}: {}", as_utf8(file.string()), error.what()));
    }
  if (!report.races.empty()) return report;
  throw UsageError(fmt::format(
      "replay: {}",
      report.faults.empty()
          ? fmt::format(
                "{} holds no result file; name a report's folder, or a file that --json wrote",
                as_utf8(words))
          : report.faults.front()));
}

}  // namespace parlab
