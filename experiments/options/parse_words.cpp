#include "experiments/options/parse_words.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string_view>
#include <vector>

#include "experiments/options/help_table.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {

std::optional<std::string> parse_words(CLI::App& app, std::span<const std::string> words) {
  app.allow_extras();
  if (is_help_table_wanted()) throw HelpTableRead{help_table(app)};
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}; see {} --help", error.what(), app.get_name()));
  }
  for (const CLI::Option* option : app.get_options())
    for (const std::string& value : option->results())
      if (value.empty())
        throw UsageError(fmt::format("{} is empty: give it a value, or leave it out; see {} --help",
                                     option->get_name(), app.get_name()));
  if (app.remaining().empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  const std::string word = app.remaining().front();
  const std::string verb = app.get_name().substr(std::string_view("parlab ").size());
  throw UsageError(unknown_name("option of " + verb, word.substr(0, word.find('=')), names));
}

std::string complaint_on_empty(const std::string& name) {
  return name.empty() ? "the name is empty; name a file, or leave the option out" : "";
}

}  // namespace parlab
