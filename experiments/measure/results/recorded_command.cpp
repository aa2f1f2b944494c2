#include "experiments/measure/results/recorded_command.hpp"

#include <algorithm>
#include <array>

#include "experiments/options/shell_words.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr std::array<std::string_view, 12> of_this_run_alone = {
    "--json",    "--markdown", "--rounds",   "--until",      "--budget",  "--plot",
    "--fail-on", "--quiet",    "--progress", "--no-history", "--timeout", "--fail-on-unresolved"};

}  // namespace

std::optional<std::string> RecordedCommand::value(std::string_view option) const {
  for (const auto& [name, value] : options)
    if (name == option) return value;
  return std::nullopt;
}

void RecordedCommand::remove(std::string_view option) {
  std::erase_if(options, [&](const auto& one) { return one.first == option; });
}

std::vector<std::string> RecordedCommand::words() const {
  std::vector<std::string> words = {experiment};
  for (const auto& [name, value] : options) {
    words.push_back(name);
    if (value) words.push_back(*value);
  }
  return words;
}

std::optional<RecordedCommand> recorded_command(const std::string& command) {
  std::vector<std::string> words;
  try {
    words = shell_words(command, "command");
  } catch (const UsageError&) {
    return std::nullopt;
  }
  if (words.size() < 3 || (words[1] != "run" && words[1] != "compare")) return std::nullopt;
  RecordedCommand found{words[1], words[2], {}};
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (!words[i].starts_with("--")) return std::nullopt;
    if (equals != std::string::npos)
      found.add(words[i].substr(0, equals), words[i].substr(equals + 1));
    else if (i + 1 < words.size() && !words[i + 1].starts_with("--"))
      found.add(words[i], words[i + 1]), ++i;
    else
      found.options.emplace_back(words[i], std::nullopt);
  }
  for (const std::string_view option : of_this_run_alone) found.remove(option);
  return found;
}

}  // namespace parlab
