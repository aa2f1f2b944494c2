#include "experiments/own_kernel/race_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/personality.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "experiments/base/race_interruption.hpp"
#include "experiments/own_kernel/inside/inside_texts.hpp"
#include "experiments/own_kernel/kernel_text.hpp"
#include "experiments/own_kernel/making_folder.hpp"
#include "experiments/own_kernel/own_kernel.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/posix/process/program.hpp"
#include "kernels/posix/wait.hpp"

namespace parlab {
namespace {

/// Under the sanitizer a kernel takes 5 to 20 times as long.
constexpr std::chrono::seconds max_check{120};

/// Exit code of the sanitizer where it has found something.
constexpr int race_code = 66;

/// "mine.hpp:5" for each line of the file that the first report names, without repetition.
std::vector<std::string> places_in(const std::string& report, const std::string& file) {
  std::vector<std::string> places;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line) && places.size() < 4;) {
    const std::size_t at = line.find(file + ":");
    if (line.find('#') == std::string::npos || at == std::string::npos) continue;
    const std::size_t begin = at + file.size() + 1;
    const std::size_t end = std::min(line.find_first_not_of("0123456789", begin), line.size());
    const std::string place = line.substr(begin, end - begin);
    if (std::ranges::find(places, place) == places.end()) places.push_back(place);
  }
  return places;
}

/// The kernel that the report is on: the last that was named before it.
std::string kernel_in(const std::string& report) {
  const std::string head = report.substr(0, report.find("WARNING: ThreadSanitizer"));
  const std::size_t at = head.rfind("parlab: ");
  return at == std::string::npos ? "kernel" : head.substr(at + 8, head.find('\n', at) - at - 8);
}

}  // namespace

std::string check_for_races(const OwnWords& words, const std::string& parameters) {
  const InterruptionGuard interruption;
  const MakingFolder making(compiled_kernels_folder());
  const auto program = making.path() / "check";
  const auto report_file = making.path() / "report";
  if (!compile_own_program(words, inside_kernel_check,
                           {"-O1", "-g", "-fsanitize=thread", "-pthread"}, making.path(), program,
                           interruption))
    return "data races were not looked for: the compiler makes no program with -fsanitize=thread";
  const FileDescriptor report(
      open(report_file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  ChildProcess check = start_program(
      {.words = {program.string()},
       .variables = {{own::parameters_variable, parameters},
                     {"TSAN_OPTIONS", "halt_on_error=1 exitcode=66 report_signal_unsafe=0"}},
       .streams = {-1, report.get(), report.get()},
       .group = ProcessGroup::own,
       .prepare = [&] {
         interruption.restore_in_child();
         personality(ADDR_NO_RANDOMIZE);  // the sanitizer's shadow needs addresses as they are told
       }});
  const bool ended = !wait({check.ended_fd(), interruption.fd()}, Deadline(max_check)).empty();
  interruption.check();
  if (!ended)
    throw UsageError(
        fmt::format("--check: data races were not found within {} s; give a smaller --size",
                    max_check.count()));
  const ExitStatus status = check.wait();
  if (status.success()) return "no data race between two threads";
  const std::string text = text_of(report_file);
  if (status.code != race_code)
    return fmt::format("data races were not looked for: the check ended with {}",
                       status.describe());
  const auto places = places_in(text, words.file);
  throw std::runtime_error(fmt::format(
      "own: {} in {} races with itself: two chunks use the same memory at the same time, and one "
      "writes it{}{}; give each chunk its own, return a value, or use std::atomic",
      kernel_in(text), words.file, places.empty() ? "" : ", in line ", fmt::join(places, " and ")));
}

}  // namespace parlab
