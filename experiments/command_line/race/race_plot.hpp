#pragma once

// The intervals of a race as a plot of characters, for the end of what a person reads.

#include <string>

#include "experiments/base/interval_plot.hpp"
#include "experiments/command_line/race/effort_options.hpp"
#include "experiments/measure/results/result_file.hpp"

namespace parlab {

/// A line on how to read it, then a row for each arm that was compared with its baseline, in the order of
/// the table. Of many arms the fastest; empty where there is none.
std::string race_plot(const RaceRecord& race, const PlotStyle& style);

/// Whether --plot asks for one in text that goes to `fd`: without it, on a terminal.
bool wants_plot(const ResultWords& words, int fd);

/// Of what `fd` shows.
PlotStyle plot_style_of(int fd);

}  // namespace parlab
