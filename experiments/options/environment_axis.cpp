#include "experiments/options/environment_axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// More make a race that nobody waits for.
constexpr std::size_t max_environments = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

bool is_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

/// The values of a list, in which a backslash takes the meaning from the letter after it.
std::vector<std::string> values_of(std::string_view list) {
  std::vector<std::string> values(1);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool escapes =
        list[i] == '\\' && i + 1 < list.size() && (list[i + 1] == ',' || list[i + 1] == '\\');
    if (list[i] == ',')
      values.emplace_back();
    else
      values.back() += escapes ? list[++i] : list[i];
  }
  return values;
}

}  // namespace

std::vector<Environment> parse_environments(const std::string& what,
                                            const std::vector<std::string>& words) {
  std::vector<Environment> all(1);
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!is_name(name))
      throw UsageError(fmt::format(
          "{}: '{}' cannot be the name of a variable: write NAME=a,b, the name of letters, digits "
          "and _, no digit first",
          what, name));
    if (equals == std::string::npos)
      throw UsageError(
          fmt::format("{}: '{}' has no value: write {}=a or {}=a,b", what, word, name, name));
    if (all.front().contains(name))
      throw UsageError(fmt::format("{}: {} is given twice: write {}=a,b", what, name, name));
    std::vector<Environment> combined;
    std::vector<std::string> seen;
    for (const std::string& value : values_of(std::string_view(word).substr(equals + 1))) {
      if (value.empty())
        throw UsageError(
            fmt::format("{}: {} has an empty value: write {}=a or {}=a,b", what, name, name, name));
      if (std::ranges::any_of(value, [](char c) { return is_control(c); }))
        throw UsageError(
            fmt::format("{}: a value of {} has a control character: leave it out", what, name));
      if (std::ranges::find(seen, value) != seen.end())
        throw UsageError(fmt::format("{}: {}={} appears twice: name it once", what, name, value));
      seen.push_back(value);
      for (Environment environment : all) {
        environment[name] = value;
        combined.push_back(std::move(environment));
      }
    }
    all = std::move(combined);
    if (all.size() > max_environments)
      throw UsageError(fmt::format("{}: more than {} combinations of values: leave some out", what,
                                   max_environments));
  }
  return all;
}

}  // namespace parlab
