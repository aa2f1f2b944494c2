#pragma once

// Ratios with their intervals, one a line, on a logarithmic axis that holds 1: a plot of characters.

#include <string>
#include <vector>

namespace parlab {

struct PlotRow {
  std::string label;
  double ratio;            // above 0
  double low, high;        // 0 and infinity for an end that is not bounded
  bool is_decided = true;  // else its mark is hollow
};

struct PlotStyle {
  std::size_t columns = 80;  // at most; below 40 labels are cut short
  bool is_unicode = true;    // else plain ASCII
};

/// Lines of at most style.columns, the axis below them; empty without rows. What is not a number above 0
/// has no mark.
std::string interval_plot(const std::vector<PlotRow>& rows, const PlotStyle& style);

}  // namespace parlab
