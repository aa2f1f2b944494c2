#include "experiments/options/shell_words.hpp"

#include <fmt/format.h>

#include "kernels/base/errors.hpp"

namespace parlab {

std::vector<std::string> shell_words(std::string_view text, const std::string& option) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;  // that is open
  const auto add = [&](char letter) {
    if (!in_word) words.emplace_back();
    in_word = true;
    words.back() += letter;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    const bool last = i + 1 == text.size();
    if (letter == '\\' && quote != '\'' && !last) {
      // Between double quotes it stands for itself, but before what it could be needed for.
      const char next = text[++i];
      if (quote == '"' && std::string_view("\"\\$`\n").find(next) == std::string_view::npos)
        add(letter);
      if (next != '\n') add(next);
    } else if (quote != 0 && letter == quote) {
      quote = 0;
    } else if (quote == 0 && (letter == '\'' || letter == '"')) {
      quote = letter;
      if (!in_word) words.emplace_back();
      in_word = true;
    } else if (quote == 0 && std::string_view(" \t\n\r").find(letter) != std::string_view::npos) {
      in_word = false;
    } else {
      add(letter);
    }
  }
  if (quote != 0)
    throw UsageError(fmt::format("{}: a quote ({}) is not closed in: {}", option, quote, text));
  return words;
}

std::string shell_quoted(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char letter : word)
    text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

}  // namespace parlab
