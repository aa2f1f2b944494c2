// parlab: one program, one verb a use. Errors end here: one line on stderr, and an exit code that
// says whose they are (2 the caller's, 1 the run's, 128 + signal an interruption). A reader of
// stdout that has gone away is one by SIGPIPE: no line.

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/base/this_program.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/options/shell_words.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/simd_level.hpp"

int main(int count, char** values) {
  parlab::remember_start(count, values);
  parlab::unbind_main_thread();  // arms inherit the processors; openmp's goes to its place itself
  // A reader that goes away (parlab list | head) is seen as a failed write, not as a killed
  // process.
  std::signal(SIGPIPE, SIG_IGN);
  // A file above the limit is seen as a failed write, too.
  std::signal(SIGXFSZ, SIG_IGN);
  // Ignored by whoever started us, it would leave no child's status to read.
  std::signal(SIGCHLD, SIG_DFL);
  parlab::open_standard_streams();
  parlab::end_on_interruption();
  std::string command = "parlab";
  for (int i = 1; i < count; ++i) (command += ' ') += parlab::shell_quoted(values[i]);
  try {
    parlab::check_simd_level_of_environment();
    const int code =
        parlab::run_verb(std::vector<std::string>(values + 1, values + count), command);
    parlab::flush_stdout();
    return code;
  } catch (const parlab::UsageError& error) {
    parlab::tell("parlab: {}\n", error.what());
    return 2;
  } catch (const parlab::Interrupted& interrupted) {
    parlab::tell("parlab: interrupted; nothing was written\n");
    return 128 + interrupted.signal();
  } catch (const parlab::OutputLost& lost) {
    if (lost.reader_left()) return 128 + SIGPIPE;
    parlab::tell("parlab: {}\n", lost.what());
    return 1;
  } catch (const std::bad_alloc&) {
    parlab::tell("parlab: there is not enough memory for this; ask for less\n");
    return 1;
  } catch (const std::exception& error) {
    parlab::tell("parlab: {}\n", error.what());
    return 1;
  }
}
