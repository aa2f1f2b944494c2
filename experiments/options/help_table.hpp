#pragma once

// The options of a verb as its --help tells them, for what else is made of the same table: completion in a
// shell, manual pages.

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace parlab {

struct HelpOption {
  std::vector<std::string> names;  // "-n", "--name"; without dashes where its place tells it
  std::string what;                // the description
  bool takes_value = false;
  std::vector<std::string> values;  // that it takes, where they are few; "FILE" for a file's name

  bool is_positional() const { return names.front().front() != '-'; }
};

struct HelpTable {
  std::string command;  // "parlab serve"
  std::string what;     // it does
  std::vector<HelpOption> options;
  std::string footer;
};

HelpTable help_table(const CLI::App& app);

/// The table of the first parse_words() that `verb` calls; the rest of `verb` does not run. Without one,
/// empty. Throws what `verb` throws before it.
HelpTable help_table_of(const std::function<void()>& verb);

/// Whether help_table_of() asks for a table: parse_words() throws it then.
bool is_help_table_wanted();
struct HelpTableRead {
  HelpTable table;
};

/// The type of an option's value, for its help and for completion: "always|never", or "FILE".
inline constexpr char file_type[] = "FILE";

}  // namespace parlab
