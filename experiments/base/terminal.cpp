#include "experiments/base/terminal.hpp"

#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstdlib>

#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

constexpr std::size_t usual_columns = 80;
constexpr std::size_t min_columns = 20;
/// Nobody's terminal is wider; a larger number is a mistake.
constexpr std::size_t max_columns = 1000;

constexpr std::string_view ellipsis = "...";

}  // namespace

std::size_t terminal_columns(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return std::clamp<std::size_t>(size.ws_col, min_columns, max_columns);
  const char* said = std::getenv("COLUMNS");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  const long columns = said == nullptr ? 0 : std::strtol(said, nullptr, 10);
  if (columns <= 0) return usual_columns;
  return std::clamp(static_cast<std::size_t>(columns), min_columns, max_columns);
}

bool is_utf8_locale() {
  // A locale of its own: numbers and characters elsewhere in the program stay those of "C".
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  const bool is_utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return is_utf8;
}

std::size_t text_columns(std::string_view text) {
  std::size_t columns = 0;
  for (; !text.empty(); ++columns) text.remove_prefix(first_character(text).bytes);
  return columns;
}

std::string cut_to_columns(std::string_view text, std::size_t columns) {
  if (text_columns(text) <= columns) return std::string(text);
  const std::size_t kept = columns - std::min(columns, ellipsis.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kept; ++i) bytes += first_character(text.substr(bytes)).bytes;
  return std::string(text.substr(0, bytes)).append(ellipsis.substr(0, columns - kept));
}

}  // namespace parlab
