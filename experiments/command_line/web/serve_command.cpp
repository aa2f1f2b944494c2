// parlab serve: the lab's delay server and its synthetic site, for experiments by hand.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "experiments/command_line/verbs.hpp"
#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_NETWORK
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "experiments/base/standard_streams.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/network/servers/delay_server.hpp"

namespace parlab {
namespace {

/// Requests that /report remembers: enough for a timeline of any run of `crawl`.
constexpr std::size_t remembered = 10'000;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};

}  // namespace

int serve_command(const Arguments& arguments) {
  CLI::App app("An HTTP server with configurable response delay, and a synthetic web site.",
               "parlab serve");
  std::string address = "127.0.0.1", port = "8080", pages = "1000", seed = "1", report;
  app.add_option("--port", port, "port to listen on; 0 for any free one [8080]");
  app.add_option("--address", address,
                 "address to listen on; 0.0.0.0 for all addresses of this machine [127.0.0.1]");
  app.add_option("--pages", pages, "pages of the site below /site/ [1000]");
  app.add_option("--seed", seed, "seed of the site [1]");
  app.add_option("--report", report,
                 "writes a JSON line as each request ends: name, target, status, start and end in "
                 "seconds; - for stdout")
      ->check(complaint_on_empty);
  app.footer(
      "  /add?name=NAME&delay=MS[&value=V]   answers \".\", or V, after MS milliseconds\n"
      "  /report                             the last 10000 requests as JSON lines\n"
      "  /site/ /robots.txt /sitemap.xml     the site\n"
      "Ctrl-C ends it.\n"
      "Example: parlab serve --port 8080 --report - &\n"
      "         curl 'http://127.0.0.1:8080/add?name=a&delay=100'");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  DelayServerOptions options;
  options.site.pages = parse_quantity("--pages", pages, 1, 1'000'000'000);
  options.site.seed = parse_quantity("--seed", seed);
  options.remembered = remembered;
  const auto number = static_cast<std::uint16_t>(parse_quantity("--port", port, 0, 65'535));
  const Listener listener(address, number);
  std::unique_ptr<std::FILE, CloseFile> file;
  if (!report.empty()) {
    if (report == "-") require_stdout();
    file.reset(report == "-" ? stdout : std::fopen(report.c_str(), "we"));
    if (!file)
      throw UsageError(fmt::format("--report: cannot write {}: {}; name another place", report,
                                   std::generic_category().message(errno)));
    options.report = file.get();
  }
  tell("parlab serve: {0}/add?name=a&delay=100, {0}/site/; Ctrl-C ends it\n", listener.origin());
  const Served served = serve(listener, options);
  tell("parlab serve: {} requests answered\n", served.requests);
  if (served.report_error != 0 && served.report_error != EPIPE) {  // a reader may go away
    tell("parlab serve: the report is not complete: {}\n",
         std::generic_category().message(served.report_error));
    return 1;
  }
  return 128 + served.signal;
}

}  // namespace parlab

#else

namespace parlab {

int serve_command(const Arguments&) {
  throw UsageError("serve: this build lacks Boost 1.81; run make deps, then make build");
}

}  // namespace parlab

#endif
