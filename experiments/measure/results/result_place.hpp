#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "experiments/measure/results/output_file.hpp"

namespace parlab {

/// Where the words of --json send a result: to a file, to stdout ("-") or nowhere ("").
class ResultPlace {
 public:
  /// Throws UsageError where it can be known beforehand that nothing can be written there.
  explicit ResultPlace(const std::string& words);

  bool is_stdout() const { return words_ == "-"; }
  /// Whether it is wanted at all.
  explicit operator bool() const { return !words_.empty(); }

  /// Writes the document. Where that fails the measurement is not lost: it goes to a file of the
  /// temporary folder, else to stdout, and what is thrown (std::runtime_error) says where it is. A
  /// reader of stdout that has gone away is no such failure: OutputLost.
  void deliver(const nlohmann::json& document);

 private:
  std::string words_;
  std::optional<OutputFile> file_;
};

/// Publishes `text` to a file as ResultPlace does; `ending` is that of a file of the temporary folder.
void publish_or_rescue(OutputFile& file, const std::string& text,
                       const std::string& ending = ".json");

}  // namespace parlab
