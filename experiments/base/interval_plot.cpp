#include "experiments/base/interval_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "experiments/base/terminal.hpp"

namespace parlab {
namespace {

/// Rows that one ratio is far from 1 must not make the others a single column.
constexpr double widest_range = 1e4;  // 10 to the widest_exponent
constexpr int widest_exponent = 4;

/// Of the plot without its labels.
constexpr std::size_t min_axis = 12;

struct Marks {
  const char *decided, *open, *line, *left, *right, *beyond_left, *beyond_right, *one, *crossing,
      *axis, *tick;
};
constexpr Marks unicode = {"●", "○", "─", "├", "┤", "◂", "▸", "│", "┼", "─", "┴"};
constexpr Marks ascii = {"*", "o", "-", "[", "]", "<", ">", ":", "+", "-", "+"};

bool is_ratio(double value) { return std::isfinite(value) && value > 0; }

/// A logarithmic axis from `low` to `high`, `columns` wide.
class Axis {
 public:
  Axis(const std::vector<PlotRow>& rows, std::size_t columns) : columns_(columns) {
    for (const PlotRow& row : rows)
      for (const double value : {row.low, row.ratio, row.high})
        if (is_ratio(value)) {
          low_ = std::min(low_, value);
          high_ = std::max(high_, value);
        }
    low_ = std::max(low_, 1 / widest_range);
    high_ = std::min(high_, widest_range);
    // Room beside the outermost marks; a range around 1 where all are 1.
    const double margin = std::max(0.01, 0.04 * std::log(high_ / low_));
    low_ *= std::exp(-margin);
    high_ *= std::exp(margin);
  }

  std::size_t columns() const { return columns_; }
  bool holds(double value) const { return value >= low_ && value <= high_; }
  std::size_t column(double value) const {
    const double share = std::log(value / low_) / std::log(high_ / low_);
    return static_cast<std::size_t>(
        std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(columns_ - 1)));
  }

  /// Round numbers that stand far enough apart, 1 among them.
  std::vector<double> ticks() const {
    constexpr std::size_t apart = 8;
    std::vector<double> chosen = {1};
    const auto add = [&](double value) {
      if (!holds(value)) return;
      for (const double other : chosen) {
        const std::size_t a = column(value), b = column(other);
        if (std::max(a, b) - std::min(a, b) < apart) return;
      }
      chosen.push_back(value);
    };
    for (const double factor : {10.0, 5.0, 2.0})
      for (int exponent = -widest_exponent; exponent <= widest_exponent; ++exponent)
        add(std::stod(fmt::format("{}e{}", factor, exponent)));
    if (high_ / low_ < 10)
      for (const int parts : {2, 4, 10, 20, 50, 100, 200})
        for (int i = static_cast<int>(std::ceil(low_ * parts)); i <= high_ * parts; ++i)
          add(static_cast<double>(i) / parts);
    std::ranges::sort(chosen);
    return chosen;
  }

 private:
  std::size_t columns_;
  double low_ = 1, high_ = 1;
};

using Cells = std::vector<const char*>;

std::string joined(const Cells& cells) {
  std::string text;
  for (const char* cell : cells) text += cell;
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string row_text(const PlotRow& row, const Axis& axis, const Marks& marks) {
  Cells cells(axis.columns(), " ");
  cells[axis.column(1)] = marks.one;
  if (!is_ratio(row.ratio)) return joined(cells);
  // Without an end there is no interval, but perhaps the other end.
  if (is_ratio(row.low) || is_ratio(row.high)) {
    const std::size_t left = is_ratio(row.low) ? axis.column(row.low) : 0;
    const std::size_t right = is_ratio(row.high) ? axis.column(row.high) : axis.columns() - 1;
    for (std::size_t i = left; i <= right; ++i) cells[i] = marks.line;
    const std::size_t one = axis.column(1);
    if (left < one && one < right) cells[one] = marks.crossing;
    cells[left] = is_ratio(row.low) && axis.holds(row.low) ? marks.left : marks.beyond_left;
    cells[right] = is_ratio(row.high) && axis.holds(row.high) ? marks.right : marks.beyond_right;
  }
  cells[axis.column(row.ratio)] = row.is_decided ? marks.decided : marks.open;
  return joined(cells);
}

/// The axis and, below it, the numbers at its ticks.
std::array<std::string, 2> axis_lines(const Axis& axis, const Marks& marks) {
  Cells line(axis.columns(), marks.axis);
  std::string numbers(axis.columns(), ' ');
  for (const double tick : axis.ticks()) {
    const std::size_t column = axis.column(tick);
    line[column] = marks.tick;
    const std::string number = fmt::format("{:.3g}", tick);
    // Around its tick, but within the line.
    const std::size_t begin = std::min(column - std::min(column, number.size() / 2),
                                       axis.columns() - std::min(axis.columns(), number.size()));
    numbers.replace(begin, number.size(), number);
  }
  numbers.erase(numbers.find_last_not_of(' ') + 1);
  return {joined(line), numbers};
}

}  // namespace

std::string interval_plot(const std::vector<PlotRow>& rows, const PlotStyle& style) {
  if (rows.empty()) return "";
  std::size_t labels = 0;
  for (const PlotRow& row : rows) labels = std::max(labels, text_columns(row.label));
  // A third of the line at most for labels, but no axis without room.
  const std::size_t columns = std::max(style.columns, 2 * min_axis);
  labels = std::min(labels, std::max(columns / 3, columns - std::min(columns, std::size_t{60})));
  const Axis axis(rows, columns - labels - 2);
  const Marks& marks = style.is_unicode ? unicode : ascii;
  std::string text;
  const auto line = [&](const std::string& label, const std::string& cells) {
    text += label + std::string(labels + 2 - text_columns(label), ' ') + cells + "\n";
  };
  for (const PlotRow& row : rows)
    line(cut_to_columns(row.label, labels), row_text(row, axis, marks));
  for (const std::string& cells : axis_lines(axis, marks)) line("", cells);
  return text;
}

}  // namespace parlab
