#pragma once

// How long threads waited for a processor, as the kernel counts it (pressure stall information), and
// how much processor time all programs took. Where no more threads run than there are processors, they
// wait for other programs, or for each other until the kernel has placed them: a wait counts as others'
// only as far as others ran.

#include <filesystem>
#include <optional>
#include <string_view>

namespace parlab {

/// Counts since the system began; nullopt where the kernel does not tell.
struct Waits {
  std::optional<double> waited;   // seconds in which a thread that could run waited
  std::optional<double> all_ran;  // processor seconds that all programs have taken
};

/// Seconds between the two in which a thread waited for a processor that other programs may have had: no
/// more than those ran, which is all but `own_seconds`.
std::optional<double> waited_for_others(const Waits& before, const Waits& after,
                                        double own_seconds);

class ProcessorWait {
 public:
  /// Reads the nearest control group around this process that keeps the count, else the whole
  /// system's. `root` stands for "/".
  explicit ProcessorWait(const std::filesystem::path& root = "/");

  /// Seconds, since the group or the system began, in which a thread that could run waited, averaged
  /// over the processors in use; nullopt where the kernel does not tell.
  std::optional<double> seconds() const;

  /// Processor seconds that all programs have taken since the system began; nullopt where the kernel
  /// does not tell. What runs without a switch may count only when it ends.
  std::optional<double> all_run_seconds() const;

  Waits now() const { return {seconds(), all_run_seconds()}; }

 private:
  std::filesystem::path file_;
  std::filesystem::path schedule_;  // of each processor
  std::filesystem::path usage_;     // of the outermost control group, by version 1
};

/// The nanoseconds of all processors in the text of /proc/schedstat, as seconds: the seventh number
/// after each "cpu0".
std::optional<double> run_seconds(std::string_view text);

/// The seconds in the text of such a file: "some avg10=0.12 ... total=1234567", in microseconds.
std::optional<double> pressure_seconds(std::string_view text);

}  // namespace parlab
