#pragma once

#include <memory>
#include <string>

#include "experiments/measure/results/output_file.hpp"

namespace parlab {

/// A new file for results that could not be written where they should be.
struct RescueFile {
  std::string path;
  std::unique_ptr<OutputFile> file;
};

/// In $TMPDIR, else /tmp: "parlab-result-a1B2c3" and the ending. Nothing is there before publish().
/// Throws UsageError where neither takes a file.
RescueFile make_rescue_file(const std::string& ending);

}  // namespace parlab
