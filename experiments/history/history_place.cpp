#include "experiments/history/history_place.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "experiments/base/json_text.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/base/this_program.hpp"
#ifdef PARLAB_HAS_HISTORY
#include "experiments/history/history_database.hpp"
#endif

namespace parlab {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return value == nullptr ? "" : value;
}

/// The checkout whose build this program lies in; empty for none.
fs::path checkout() {
  fs::path folder = program_file().parent_path();
  for (int up = 0; up < 3 && folder.has_relative_path(); ++up, folder = folder.parent_path()) {
    std::error_code none;
    if (fs::exists(folder / "reports" / "render.py", none)) return folder;
  }
  return {};
}

/// Whether a file can be made or written there; makes the folders that lead to it.
bool is_writable(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (access(path.c_str(), F_OK) == 0 && access(path.c_str(), W_OK) != 0) return false;
  return access(path.parent_path().c_str(), W_OK | X_OK) == 0;
}

}  // namespace

HistoryPlace history_place() {
  if (const std::string asked = variable("PARLAB_HISTORY"); !asked.empty())
    return {asked == "off" ? "" : asked, asked != "off"};
  if (const fs::path folder = checkout(); !folder.empty())
    return {(folder / "reports" / "history.sqlite").string()};
  fs::path state = variable("XDG_STATE_HOME");
  if (!state.is_absolute()) {
    const fs::path home = variable("HOME");
    if (!home.is_absolute()) return {};
    state = home / ".local" / "state";
  }
  return {(state / "parlab" / "history.sqlite").string()};
}

#ifdef PARLAB_HAS_HISTORY
void keep_in_history(const nlohmann::json& document, const std::string& verb) {
  const HistoryPlace place = history_place();
  if (place.path.empty() || (!place.is_asked_for && !is_writable(place.path))) return;
  try {
    HistoryDatabase(place.path, HistoryDatabase::Access::write)
        .add(history_record(document_in_utf8(document), verb));
  } catch (const std::exception& error) {
    tell("parlab: this run is not in the history: {}; PARLAB_HISTORY=off keeps none\n",
         error.what());
  }
}
#else
void keep_in_history(const nlohmann::json&, const std::string&) {}
#endif

}  // namespace parlab
