// parlab man: manual pages, for `make install` and for whoever has no man path set up.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <ctime>

#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/shell/man_page.hpp"
#include "experiments/measure/results/output_file.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

/// Today, or of SOURCE_DATE_EPOCH, by which builds can be repeated to the byte.
std::string page_date() {
  std::time_t now = std::time(nullptr);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"))
    now = static_cast<std::time_t>(std::strtoll(epoch, nullptr, 10));
  return fmt::format("{:%F}", fmt::gmtime(now));
}

void write_pages(const std::string& folder) {
  const std::string date = page_date();
  OutputFile(folder + "/parlab.1").publish(program_man_page(date));
  for (const Verb& verb : verbs())
    OutputFile(fmt::format("{}/parlab-{}.1", folder, verb.name)).publish(verb_man_page(verb, date));
}

}  // namespace

int man_command(const Arguments& arguments) {
  CLI::App app(
      "Prints a manual page: that of a verb, or the one that lists the verbs. It is written in the "
      "language of man(7).",
      "parlab man");
  std::vector<std::string> names;
  std::string folder;
  app.add_option("VERB", names, "as in race; without it the page of the program");
  app.add_option("--out", folder, "folder that every page is written to, parlab.1 and one a verb")
      ->check(complaint_on_empty);
  app.footer("Example: parlab man race | man -l -");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  if (!folder.empty() && !names.empty())
    throw UsageError("man: --out writes every page; leave out the verb");
  if (!folder.empty()) {
    write_pages(folder);
    return 0;
  }
  if (names.size() > 1) throw UsageError("man: name one verb, as in parlab man race");
  write_stdout(names.empty() ? program_man_page(page_date())
                             : verb_man_page(entry_named(verbs(), "verb", names[0]), page_date()));
  return 0;
}

}  // namespace parlab
