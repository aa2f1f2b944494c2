#include "experiments/base/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace parlab {

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = columns_[c].head.size();
    for (const auto& row : rows_) width = std::max(width, row[c].size());
    widths.push_back(width);
  }
  std::string text;
  const auto line = [&](const auto& cell_of) {
    std::string row;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) row += "  ";
      row += columns_[c].align == Align::left ? fmt::format("{:<{}}", cell_of(c), widths[c])
                                              : fmt::format("{:>{}}", cell_of(c), widths[c]);
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  };
  line([&](std::size_t c) { return columns_[c].head; });
  for (const auto& row : rows_) line([&](std::size_t c) { return row[c]; });
  return text;
}

std::string Table::markdown() const {
  std::string text;
  const auto line = [&](const auto& cell_of) {
    text += "|";
    for (std::size_t c = 0; c < columns_.size(); ++c) text += fmt::format(" {} |", cell_of(c));
    text += "\n";
  };
  line([&](std::size_t c) { return markdown_escaped(columns_[c].head); });
  line([&](std::size_t c) { return columns_[c].align == Align::left ? "---" : "---:"; });
  for (const auto& row : rows_) line([&](std::size_t c) { return markdown_escaped(row[c]); });
  return text;
}

std::string markdown_escaped(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\n' || letter == '\r') {
      escaped += ' ';
      continue;
    }
    if (std::string_view("\\`*_[]<>|#~$@&").find(letter) != std::string_view::npos) escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

TimeUnit time_unit_for(const std::vector<double>& seconds) {
  constexpr std::array<TimeUnit, 4> units = {{{"s", 1}, {"ms", 1e3}, {"us", 1e6}, {"ns", 1e9}}};
  if (seconds.empty()) return units[0];
  const double least = *std::ranges::min_element(seconds);
  for (const TimeUnit& unit : units)
    if (least * unit.per_second >= 1) return unit;
  return units.back();
}

}  // namespace parlab
