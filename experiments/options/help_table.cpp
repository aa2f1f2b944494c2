#include "experiments/options/help_table.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <sstream>
#include <utility>

namespace parlab {
namespace {

bool is_wanted = false;

/// "always|never" has two; "TEXT" says nothing of its values.
std::vector<std::string> values_of(const std::string& type) {
  std::vector<std::string> values;
  if (type == file_type) return {type};
  std::istringstream words(type);
  for (std::string word; std::getline(words, word, '|');) values.push_back(word);
  const bool is_name = std::ranges::any_of(type, [](char c) { return c >= 'A' && c <= 'Z'; });
  return is_name ? std::vector<std::string>{} : values;
}

}  // namespace

HelpTable help_table(const CLI::App& app) {
  HelpTable table{app.get_name(), app.get_description(), {}, app.get_footer()};
  for (const CLI::Option* option : app.get_options()) {
    HelpOption told;
    told.what = option->get_description();
    told.takes_value = option->get_items_expected_max() > 0;
    for (const std::string& name : option->get_snames()) told.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) told.names.push_back("--" + name);
    if (told.names.empty()) told.names = {option->get_name()};
    if (told.takes_value) told.values = values_of(option->get_type_name());
    table.options.push_back(std::move(told));
  }
  return table;
}

HelpTable help_table_of(const std::function<void()>& verb) {
  struct Wanted {
    Wanted() { is_wanted = true; }
    ~Wanted() { is_wanted = false; }
  } const wanted;
  try {
    verb();
  } catch (HelpTableRead& read) {
    return std::move(read.table);
  }
  return {};
}

bool is_help_table_wanted() { return is_wanted; }

}  // namespace parlab
