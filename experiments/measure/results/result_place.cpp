#include "experiments/measure/results/result_place.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "experiments/base/json_text.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/measure/results/rescue.hpp"

namespace parlab {
namespace {

/// Puts the result elsewhere, and throws what says why and where.
[[noreturn]] void rescue(const std::string& text, const std::string& ending, const std::string& why,
                         bool stdout_is_free) {
  std::string where;
  try {
    const RescueFile rescue = make_rescue_file(ending);
    rescue.file->publish(text);
    where = "in " + rescue.path;
  } catch (const std::exception& error) {
    if (!stdout_is_free)
      throw std::runtime_error(fmt::format("{}; the result is lost: {}", why, error.what()));
  }
  if (where.empty()) {
    try {
      write_stdout(text);
      flush_stdout();
      where = "on stdout instead";
    } catch (const OutputLost& lost) {
      throw std::runtime_error(fmt::format("{}; the result is lost: {}", why, lost.what()));
    }
  }
  throw std::runtime_error(fmt::format("{}; the result is {}", why, where));
}

}  // namespace

void publish_or_rescue(OutputFile& file, const std::string& text, const std::string& ending) {
  try {
    file.publish(text);
  } catch (const std::exception& error) {
    rescue(text, ending, error.what(), true);
  }
}

ResultPlace::ResultPlace(const std::string& words) : words_(words) {
  if (is_stdout())
    require_stdout();
  else if (!words_.empty())
    file_.emplace(words_);
}

void ResultPlace::deliver(const nlohmann::json& document) {
  const std::string text = json_document(document);
  if (file_) return publish_or_rescue(*file_, text);
  try {
    write_stdout(text);
    flush_stdout();
  } catch (const OutputLost& lost) {
    if (lost.reader_left()) throw;
    rescue(text, ".json", lost.what(), false);
  }
}

}  // namespace parlab
