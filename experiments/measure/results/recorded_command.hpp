#pragma once

// The command that a result file records, taken apart to be run once more.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlab {

/// `parlab run EXPERIMENT ...`, without what says where its result went and how long it took.
struct RecordedCommand {
  std::string verb, experiment;
  std::vector<std::pair<std::string, std::optional<std::string>>>
      options;  // in order, with their values

  /// The value of an option; none where it was not given.
  std::optional<std::string> value(std::string_view option) const;
  void remove(std::string_view option);
  void add(const std::string& option, const std::string& value) {
    options.emplace_back(option, value);
  }
  /// From the experiment on.
  std::vector<std::string> words() const;
};

/// None for what is no race of an experiment: commands, a crawl, or words that a shell would not split.
std::optional<RecordedCommand> recorded_command(const std::string& command);

}  // namespace parlab
