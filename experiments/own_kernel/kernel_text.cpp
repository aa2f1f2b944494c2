#include "experiments/own_kernel/kernel_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string_view>
#include <system_error>

#include "experiments/own_kernel/inside/inside_texts.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

/// As a string literal says it.
std::string quoted(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    result += letter == '\n' ? ' ' : letter;
  }
  return result;
}

/// What a name is by how it begins; nullptr: nothing.
const char* role_of(std::string_view name) {
  for (const auto& [word, role] :
       {std::pair{"kernel", "kernel"}, {"find", "search"}, {"parallel", "parallel"}})
    if (name.starts_with(word) && (name.size() == std::string_view(word).size() ||
                                   name[std::string_view(word).size()] == '_'))
      return role;
  return nullptr;
}

/// Steps through C++ text from token to token, past comments, literals and preprocessor lines.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// The next name, or one other character; empty at the end.
  std::string_view next() {
    for (;;) {
      if (at_ >= text_.size()) return {};
      const char letter = text_[at_];
      if (letter == '\n') line_begins_ = true;
      if (std::isspace(static_cast<unsigned char>(letter)) != 0) {
        ++at_;
      } else if (text_.substr(at_).starts_with("//") || (letter == '#' && line_begins_)) {
        skip_line();
      } else if (text_.substr(at_).starts_with("/*")) {
        skip_past("*/", 2);
      } else if (text_.substr(at_).starts_with("R\"")) {
        const std::size_t open = std::min(text_.find('(', at_), text_.size());
        const auto delimiter = std::string(text_.substr(at_ + 2, open - at_ - 2));
        skip_past(")" + delimiter + "\"", 2);
      } else if (letter == '"' || letter == '\'') {
        skip_literal(letter);
      } else {
        line_begins_ = false;
        return token();
      }
    }
  }

 private:
  static bool is_of_name(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
  }
  /// A number counts as a name, with the ' between its digits.
  std::string_view token() {
    const std::size_t begin = at_++;
    if (!is_of_name(text_[begin])) return text_.substr(begin, 1);
    const bool number = std::isdigit(static_cast<unsigned char>(text_[begin])) != 0;
    while (at_ < text_.size() && (is_of_name(text_[at_]) || (number && text_[at_] == '\''))) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  /// To the end of the line, and of those that a backslash joins to it.
  void skip_line() {
    do {
      at_ = std::min(text_.find('\n', at_ + 1), text_.size());
    } while (at_ < text_.size() && text_[at_ - 1] == '\\');
  }
  void skip_past(std::string_view end, std::size_t from) {
    const std::size_t found = text_.find(end, at_ + from);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }
  void skip_literal(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_)
      if (text_[at_] == '\\') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool line_begins_ = true;
};

}  // namespace

std::string text_of(const fs::path& file) {
  std::error_code none;
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file, none))
    throw UsageError(fmt::format("--kernel: cannot read {}: name a C++ file", file.string()));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string source_of(const fs::path& file) {
  static const std::regex once(R"([ \t]*#[ \t]*pragma[ \t]+once[ \t]*(//.*|/\*.*\*/[ \t]*)?)");
  constexpr std::size_t longest_once = 200;  // a regex's stack grows with the line
  const std::string text = text_of(file);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw UsageError(fmt::format("--kernel: {} is UTF-16: save it as UTF-8", file.string()));
  std::istringstream lines(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
  std::string source;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() > longest_once || !std::regex_match(line, once)) source += line;
    if (!lines.eof()) source += '\n';
  }
  return source;
}

std::vector<std::string> kernel_names(const std::string& source) {
  std::vector<std::string> names;
  Scanner scanner(source);
  int depth = 0;  // of braces and parentheses
  for (std::string_view token; !(token = scanner.next()).empty();) {
    if (token == "{" || token == "(") ++depth;
    if (token == "}" || token == ")") --depth;
    if (depth == 0 && role_of(token) != nullptr && std::ranges::find(names, token) == names.end())
      names.emplace_back(token);
  }
  // It may stand in a file that this one includes.
  if (std::ranges::find(names, "kernel") == names.end()) names.insert(names.begin(), "kernel");
  return names;
}

std::vector<std::string> variable_names(const std::string& source) {
  std::vector<std::string> names;
  Scanner scanner(source);
  std::vector<std::string_view> tokens;  // those at namespace scope, with a "(" for all in (), {}
  int depth = 0;
  for (std::string_view token; !(token = scanner.next()).empty();) {
    const bool opens = token == "{" || token == "(" || token == "[";
    if (opens && depth++ == 0) tokens.push_back("(");
    if (token == "}" || token == ")" || token == "]")
      --depth;
    else if (depth == 0)
      tokens.push_back(token);
  }
  const auto at = [&](std::size_t i) { return i < tokens.size() ? tokens[i] : std::string_view(); };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if ((at(i) != "vector" && at(i) != "array") || at(i + 1) != "<") continue;
    if (i >= 3 && at(i - 1) == ":" && at(i - 3) == "parlab") continue;
    int angles = 0;
    do {
      ++i;
      angles += at(i) == "<" ? 1 : at(i) == ">" ? -1 : 0;
    } while (angles > 0 && i < tokens.size());
    // The declarators up to the semicolon.
    for (bool expects_name = true; i + 1 < tokens.size() && at(i + 1) != ";"; ++i) {
      const std::string_view name = at(i + 1), behind = at(i + 2);
      if (expects_name && name != "operator" && !name.empty() &&
          (behind == "(" || behind == ";" || behind == "=" || behind == ","))
        names.emplace_back(name);
      if (expects_name && behind != "(" && behind != ";" && behind != "=" && behind != ",") break;
      expects_name = name == ",";
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> arrays_of_line(const std::string& source, int line) {
  std::istringstream lines(source);
  std::string text;
  for (int i = 0; i < line && std::getline(lines, text); ++i) {
  }
  std::vector<std::string> names;
  Scanner scanner(text);
  int depth = 0, angles = 0;
  bool declares = false;
  std::string_view before;
  for (std::string_view token; !(token = scanner.next()).empty(); before = token) {
    if (depth == 0 && (token == "array" || token == "grid")) declares = true;
    if (depth == 0 && token == "<") ++angles;
    if (depth == 0 && token == ">") --angles;
    if (depth == 0 && token == ";") declares = false;
    if (token == "{" || token == "(") {
      if (depth++ == 0 && declares && angles == 0) names.emplace_back(before);
    } else if (token == "}" || token == ")") {
      --depth;
    }
  }
  return names;
}

std::string wrapped(const fs::path& file, const std::string& source) {
  constexpr char heads[] =
      "#include <algorithm>\n#include <cmath>\n#include <cstdint>\n#include <numeric>\n"
      "#include <type_traits>\n#include <vector>\n";
  std::string list = "#define PARLAB_NAMES(X)", absent;
  for (const std::string& name : kernel_names(source)) {
    list += fmt::format(" X({}, {})", name, role_of(name));
    absent += fmt::format(" None {}(None);", name);
  }
  list += "\n#define PARLAB_VARIABLES(X)";
  for (const std::string& name : variable_names(source)) list += fmt::format(" X({})", name);
  return fmt::format(
      "{}{}{}#line 1 \"{}\"\n{}\n#line 1 \"how parlab calls your kernel\"\n{}\n"
      "namespace parlab::own {{ struct None; }}\n"
      "namespace parlab_absent {{ using parlab::own::None;{} }}\n{}{}",
      heads, inside_kernel_table, inside_kernel_arrays, quoted(file.string()), source, list, absent,
      inside_kernel_numbers, inside_kernel_calls);
}

}  // namespace parlab
