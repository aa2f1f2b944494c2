// http_clients: the same requests to an HTTP server with configurable response delay, by every kind
// of client (kernels/network/clients/), against the ideal: ceil(requests / at once) * delay.

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <thread>

#include "experiments/base/experiment.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/network/clients/clients.hpp"
#include "kernels/network/http/blocking_connection.hpp"
#include "kernels/network/servers/bare_server.hpp"
#include "kernels/network/servers/delay_server.hpp"
#include "kernels/posix/process/program.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// Waits as long as the model says and fetches nothing.
constexpr char ideal[] = "ideal";

/// Requests whose times fit into one answer.
constexpr std::uint64_t max_timeline_requests = 1000;

Client client_named(const std::string& name) {
  std::vector<std::string> names = {ideal};
  for (Client& client : clients()) {
    if (client.name == name) return std::move(client);
    names.push_back(client.name);
  }
  if (name == "stackful" || name == "libcurl")
    throw UsageError(
        fmt::format("client '{}' is not built: it needs {}; run make deps, then make build", name,
                    name == "stackful" ? "libboost-context-dev" : "libcurl4-openssl-dev"));
  throw UsageError(unknown_name("client", name, names));
}

double used_cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  double seconds = 0;
  for (const timeval& time : {used.ru_utime, used.ru_stime})
    seconds += static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  return seconds;
}

double peak_bytes() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return 1024 * static_cast<double>(used.ru_maxrss);
}

/// Requests a second of wrk, one thread, in a second against the server of a port.
double wrk_requests_per_second(const Job& job, std::uint16_t port) {
  const std::string url = fmt::format("http://127.0.0.1:{}{}", port, target_of(job, 0));
  const std::string seen =
      output_of({{"wrk", "-t1", fmt::format("-c{}", job.at_once), "-d1s", url}}, 1000).text;
  double per_second = 0;
  const std::size_t at = seen.find("Requests/sec:");
  if (at != std::string::npos) per_second = std::strtod(seen.c_str() + at + 13, nullptr);
  if (per_second <= 0) throw std::runtime_error("wrk gave no figure: " + seen);
  return per_second;
}

std::chrono::duration<double> model_of(const Workload& workload) {
  const std::uint64_t at_once = workload.parameter<std::uint64_t>("at_once");
  const std::uint64_t turns = (workload.size + at_once - 1) / at_once;
  return std::chrono::milliseconds(turns * workload.parameter<std::uint64_t>("delay_ms"));
}

Answer answer_of(const Fetched& fetched) {
  if (fetched.failures == 0) return fmt::format("{} answers, sum {}", fetched.answers, fetched.sum);
  return fmt::format("{} answers, sum {}, {} failures", fetched.answers, fetched.sum,
                     fetched.failures);
}

/// One arm: a server in its own process, a client, and what the last run took.
class Crawler {
 public:
  Crawler(const Workload& workload, bool timeline, bool beside_wrk)
      : client_(client_named(workload.variant)),
        server_({.remembered = timeline ? max_timeline_requests + 1 : 0}),
        job_{.port = server_.port(),
             .requests = workload.size,
             .at_once = client_.one_at_a_time ? 1 : workload.parameter<std::uint64_t>("at_once"),
             .delay = std::chrono::milliseconds(workload.parameter<std::uint64_t>("delay_ms")),
             .keep_alive = workload.parameter<bool>("keep_alive")},
        timeline_(timeline),
        bare_(beside_wrk ? std::make_unique<BareServerProcess>() : nullptr),
        bytes_before_(peak_bytes()) {}

  Answer run() {
    const double cpu_before = used_cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    const Answer answer = answer_of(client_.fetch(job_));
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    cpu_seconds_ = used_cpu_seconds() - cpu_before;
    return timeline_ ? json{{"got", answer}, {"timeline", timeline()}} : answer;
  }

  json metrics() const {
    const auto requests = static_cast<double>(std::max<std::uint64_t>(job_.requests, 1));
    json numbers = {{"requests_per_second", requests / seconds_},
                    {"cpu_per_request_seconds", cpu_seconds_ / requests},
                    {"memory_per_request_at_once_bytes",
                     (peak_bytes() - bytes_before_) / static_cast<double>(job_.at_once)}};
    if (bare_) {
      const double wrk = wrk_requests_per_second(job_, job_.port);
      numbers["wrk_requests_per_second"] = wrk;
      numbers["ratio_to_wrk"] = requests / seconds_ / wrk;
      numbers["server_ratio_to_bare"] = wrk / wrk_requests_per_second(job_, bare_->port());
    }
    return numbers;
  }

 private:
  /// Start and end of the last run's requests in seconds since the first began, by the server.
  json timeline() const {
    const std::string report = http_get(server_.port(), "/report");
    std::istringstream lines(report);
    std::vector<std::pair<double, double>> times;
    for (std::string line; std::getline(lines, line);) {
      const json one = json::parse(line);
      if (one.at("name") == "parlab") times.emplace_back(one.at("start"), one.at("end"));
    }
    if (times.size() > job_.requests)
      times.erase(times.begin(), times.end() - static_cast<std::ptrdiff_t>(job_.requests));
    std::ranges::sort(times);
    json drawn = json::array();
    // Rounded to 10 us: the picture shows milliseconds, and an answer has a limit.
    const auto rounded = [&](double time) {
      return std::round((time - times.front().first) * 1e5) / 1e5;
    };
    for (const auto& [start, end] : times) drawn.push_back({rounded(start), rounded(end)});
    return drawn;
  }

  Client client_;
  DelayServerProcess server_;
  Job job_;
  bool timeline_;
  std::unique_ptr<BareServerProcess> bare_;  // what wrk is measured against, too
  double bytes_before_;
  double seconds_ = 0, cpu_seconds_ = 0;
};

class Crawl final : public Experiment {
 public:
  std::string name() const override { return "http_clients"; }
  int report_place() const override { return 80; }
  std::string question() const override {
    return "How to wait for many answers at once: threads, callbacks, futures or coroutines?";
  }
  std::string why() const override {
    return "A request costs some 10 us of work and then a wait for the other side. One after the "
           "other, the waits add up; at once, they overlap, and a run takes ceil(requests / at "
           "once) times the delay, whoever does the waiting. So the first thing to choose is how "
           "many at once; the client only decides what each wait costs: a thread a stack and two "
           "switches by the operating system, a callback an object, a coroutine a frame. More at "
           "once helps until the work of all requests, or the server, is what takes the time: "
           "there "
           "the curve leaves the model.";
  }

  void add_options(CLI::App& app) override {
    app.add_option(
        "--way", client_words_,
        "ideal, serial, threads, callbacks, futures, stackful, coroutines, libcurl; a "
        "list, the first is the baseline, or 'all' but ideal, and serial only where a run of "
        "it takes less than 5 s [all]");
    app.add_option("--requests", requests_words_, "requests in total [500]");
    app.add_option("--at-once", at_once_words_, "requests at once; a list for a sweep [100]");
    app.add_option("--delay", delay_words_,
                   "milliseconds before the server answers; a list for a sweep [100]");
    app.add_flag("--no-keep-alive", no_keep_alive_, "a new connection for each request");
    app.add_flag("--timeline", timeline_,
                 "answers hold the start and end of each request, as the server saw them");
    app.add_flag("--wrk", wrk_,
                 "each round also runs wrk, next to the client 'coroutines': a second against the "
                 "same server, "
                 "a second against a minimal one in Beast");
  }
  void check_options() override {
    requests_ = parse_quantity("--requests", requests_words_, 1, 10'000'000);
    at_once_ = parse_quantities("--at-once", at_once_words_, 1, 4'000);
    delays_ = parse_quantities("--delay", delay_words_, 0, 60'000);
    if (timeline_ && requests_ > max_timeline_requests)
      throw UsageError(fmt::format("--timeline: at most {} requests fit", max_timeline_requests));
    if (wrk_ && find_program("wrk").empty())
      throw UsageError("--wrk: there is no wrk on PATH; install it (apt-get install wrk)");
    for (const std::string& name : split_list(client_words_)) {
      if (name == "all") {
        for (const Client& client : clients())
          if (!client.one_at_a_time || serial_takes_moments()) names_.push_back(client.name);
      } else if (name == ideal) {
        names_.push_back(name);
      } else {
        names_.push_back(client_named(name).name);
      }
    }
  }
  bool takes_grain() const override { return false; }
  bool compares_methods() const override { return true; }
  std::string subject(const Workload& workload) const override {
    return fmt::format("With {} requests of {} ms, {} at once", short_number(workload.size),
                       workload.parameter<std::uint64_t>("delay_ms"),
                       workload.parameter<std::uint64_t>("at_once"));
  }

  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t delay : delays_)
      for (const std::uint64_t at_once : at_once_)
        for (const std::string& name : names_)
          cases.push_back(
              {.kernel = "requests",
               .variant = name,
               .size = requests_,
               .unit = "requests",
               .parameters = {
                   {"at_once", at_once}, {"delay_ms", delay}, {"keep_alive", !no_keep_alive_}}});
    return cases;
  }

  Answer expected(const Workload& workload) const override {
    return answer_of({.answers = workload.size, .sum = workload.size * (workload.size - 1) / 2});
  }
  bool correct(const Workload& workload, const Answer& answer,
               const Answer& expected) const override {
    if (!answer.is_object()) return answer == expected;
    return answer.at("got") == expected && answer.at("timeline").size() == workload.size;
  }

  OpenedArm open(const Arm& arm) const override {
    const Workload workload = arm.workload;
    if (workload.variant == ideal)
      return [=, this]() -> Answer {
        std::this_thread::sleep_for(model_of(workload));
        return expected(workload);
      };
    const auto crawler =
        std::make_shared<Crawler>(workload, timeline_, wrk_ && workload.variant == "coroutines");
    return OpenedArm([=] { return crawler->run(); }, [=] { return crawler->metrics(); });
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    std::vector<std::string> throughput = {"http_clients", "--way", "callbacks,coroutines"};
#ifdef PARLAB_HAS_CURL
    throughput.back() += ",libcurl";
#endif
    for (const char* word : {"--delay", "0", "--at-once", "50", "--requests"})
      throughput.emplace_back(word);
    throughput.emplace_back(full ? "20000" : "2000");
    throughput.emplace_back("--rounds");
    throughput.emplace_back(full ? "21" : "7");
    // wrk takes two seconds a round, and measures in whole ones.
    if (full && !find_program("wrk").empty()) throughput.emplace_back("--wrk");
    return {
        {"http_clients-ways",
         {"http_clients", "--requests", full ? "500" : "20", "--delay", full ? "100" : "10",
          "--at-once", full ? "100" : "10", "--rounds", full ? "11" : "7"}},
        {"http_clients-timeline",
         {"http_clients", "--way", "serial,threads,coroutines", "--requests", "20", "--delay", "10",
          "--at-once", "10", "--timeline", "--rounds", "7"}},
        {"http_clients-sweep",
         {"http_clients", "--way", "ideal,coroutines", "--requests", full ? "500" : "50", "--delay",
          full ? "50,100,200" : "10,20", "--at-once", full ? "10,20,50,100,200,500" : "10,50",
          "--rounds", "7"}},
        {"http_clients-throughput", throughput},
    };
  }

 private:
  /// With 500 requests of 100 ms it takes 50 s, and a race many times that: whoever wants it names
  /// it.
  bool serial_takes_moments() const {
    constexpr std::uint64_t max_ms = 5000;
    return std::ranges::all_of(delays_, [&](auto delay) { return requests_ * delay < max_ms; });
  }

  std::string client_words_ = "all";
  std::string requests_words_ = "500", at_once_words_ = "100", delay_words_ = "100";
  bool no_keep_alive_ = false, timeline_ = false, wrk_ = false;
  std::uint64_t requests_ = 0;
  std::vector<std::uint64_t> at_once_, delays_;
  std::vector<std::string> names_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Crawl>();
});

}  // namespace
}  // namespace parlab
