// gil: what CPython's lock makes of threads: that compute in C with the lock held, or released, in
// bytecode, in processes; and how long a thread waits for it that only reads messages.

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "experiments/command_line/quantity.hpp"
#include "experiments/experiment.hpp"
#include "experiments/measure/usable_cores.hpp"
#include "kernels/errors.hpp"
#include "kernels/nearest_name.hpp"
#include "kernels/numerics/monte_carlo.hpp"
#include "kernels/sharing/child_process.hpp"

namespace parlab {
namespace {

#ifndef PARLAB_PYTHON
#define PARLAB_PYTHON "python3"
#endif

constexpr char script[] =
#include "gil_threads.inc"
    ;

struct Way {
  const char* name;
  const char* work;  // "kernel", "bytecode" or "io"
};
/// The first of each work is the baseline of its others.
constexpr Way ways[] = {
    {"one thread", "kernel"},
    {"threads, lock held", "kernel"},
    {"threads, lock released", "kernel"},
    {"processes", "kernel"},
    {"one thread", "bytecode"},
    {"threads", "bytecode"},
    {"processes", "bytecode"},
    {"I/O alone", "io"},
    {"I/O beside lock held", "io"},
    {"I/O beside lock released", "io"},
    {"I/O beside bytecode", "io"},
};

/// Some 3 ms of a core each: as long as a thread keeps the lock, or longer.
constexpr std::uint64_t darts_a_piece = 4'000'000;
constexpr std::uint64_t turns_a_piece = 30'000;

std::uint64_t size_of_piece(const Way& way) {
  const std::string_view name = way.name;
  const bool bytecode = std::string_view(way.work) == "bytecode" || name.ends_with("bytecode");
  return bytecode ? turns_a_piece : darts_a_piece;
}

std::filesystem::path own_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

/// Where Python finds the package parlab: as built, or as installed below the same prefix.
std::string python_path() {
  std::string path = (own_folder() / "python").string();
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(own_folder().parent_path() / "lib", none))
    if (entry.path().filename().string().starts_with("python"))
      path += ":" + (entry.path() / "dist-packages").string();
  return path;
}

std::string python_program() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets the environment
  const char* named = std::getenv("PARLAB_PYTHON");
  return named != nullptr ? named : PARLAB_PYTHON;
}

/// A program with a socket as its stdin and stdout, that answers a line with a line.
class LineProcess {
 public:
  explicit LineProcess(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0)
      throw std::system_error(errno, std::generic_category(), "cannot make a socket pair");
    socket_ = ends[0];
    const std::string path = "PYTHONPATH=" + python_path();
    child_.emplace(ChildProcess::fork([&] {
      dup2(ends[1], STDIN_FILENO);
      dup2(ends[1], STDOUT_FILENO);
      std::vector<char*> words;
      for (std::string& word : arguments) words.push_back(word.data());
      words.push_back(nullptr);
      std::vector<char*> environment;
      for (char** entry = environ; *entry != nullptr; ++entry)
        if (!std::string_view(*entry).starts_with("PYTHONPATH=")) environment.push_back(*entry);
      environment.push_back(const_cast<char*>(path.c_str()));
      environment.push_back(nullptr);
      execvpe(words[0], words.data(), environment.data());
      _exit(127);
    }));
    close(ends[1]);
  }
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;
  ~LineProcess() { close(socket_); }

  /// Throws std::runtime_error where it ended.
  std::string ask(std::string_view question) {
    if (send(socket_, question.data(), question.size(), MSG_NOSIGNAL) < 0) throw_ended();
    while (answers_.find('\n') == std::string::npos) {
      std::array<char, 4096> part{};
      const ssize_t size = recv(socket_, part.data(), part.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) throw_ended();
      answers_.append(part.data(), static_cast<std::size_t>(size));
    }
    const std::size_t end = answers_.find('\n');
    std::string line = answers_.substr(0, end);
    answers_.erase(0, end + 1);
    return line;
  }

 private:
  [[noreturn]] void throw_ended() {
    throw std::runtime_error(fmt::format(
        "{} ended with {}: it needs numpy (apt-get install python3-numpy); PARLAB_PYTHON names "
        "another Python",
        python_program(), child_->wait().describe()));
  }

  int socket_ = -1;
  std::optional<ChildProcess> child_;
  std::string answers_;
};

/// The Python's version; "" where there is none that can import parlab.
std::string python_version() {
  try {
    LineProcess python({python_program(), "-c",
                        "import sys, parlab\nfor _ in sys.stdin: print('%d.%d%s' % "
                        "(*sys.version_info[:2], '' if getattr(sys, '_is_gil_enabled', lambda: "
                        "True)() else 't'), flush=True)"});
    return python.ask("\n");
  } catch (const std::exception&) {
    return "";
  }
}

class Gil final : public Experiment {
 public:
  std::string name() const override { return "gil"; }
  int report_place() const override { return 28; }
  std::string question() const override {
    return "What does CPython's lock cost threads that compute, and one that waits for messages?";
  }
  std::string why() const override {
    return "One thread at a time runs Python. An extension that keeps the lock while it computes "
           "makes "
           "its threads take turns, however many cores there are; one that releases it lets them "
           "run "
           "side by side. Bytecode gives the lock up only when asked, 5 ms after another thread "
           "wants "
           "it: so long a thread waits that has a message to read, and beside a call that keeps "
           "the "
           "lock it waits for the whole call. Processes have a lock each.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--pieces", pieces_word_,
                   "pieces of work, or messages, of a run; some 3 ms each [16]");
    app.add_option("--cores", cores_words_, "cores that Python may use, a list [1 and 2]");
  }
  void check_options() override {
    pieces_ = parse_quantity("--pieces", pieces_word_, 2, 100'000);
    const auto usable = static_cast<std::uint64_t>(usable_cores());
    cores_ = cores_words_.empty() ? std::vector<std::uint64_t>{1}
                                  : parse_quantities("--cores", cores_words_, 1, usable);
    if (cores_words_.empty() && usable > 1) cores_.push_back(2);
    version_ = python_version();
    if (version_.empty())
      throw UsageError(fmt::format(
          "gil: {} cannot import parlab; it needs numpy: apt-get install python3-numpy, or set "
          "PARLAB_PYTHON to a Python that has it",
          python_program()));
  }
  bool compares_ways() const override { return true; }

  std::string subject(const Case& what) const override {
    const std::uint64_t cores = what.parameters.at("cores");
    return fmt::format("In CPython {} on {} core{}", version_, cores, cores == 1 ? "" : "s");
  }

  std::vector<Case> cases() const override {
    std::vector<Case> cases;
    for (const std::uint64_t cores : cores_)
      for (const Way& way : ways)
        cases.push_back({.kernel = "gil",
                         .variant = way.name,
                         .size = pieces_,
                         .unit = std::string_view(way.work) == "io" ? "messages" : "pieces",
                         .parameters = {{"cores", cores}, {"work", way.work}}});
    return cases;
  }

  Answer expected(const Case& what) const override {
    const std::string work = what.parameters.at("work");
    std::uint64_t sum = 0;
    if (work == "io") return what.size;
    for (std::uint64_t piece = 0; piece < what.size; ++piece) {
      if (work == "kernel") {
        for (const DartVariant& variant : dart_variants())
          if (variant.name == "scalar") sum += variant.count_inside({0, darts_a_piece}, piece);
        continue;
      }
      std::uint64_t value = piece;
      for (std::uint64_t turn = 0; turn < turns_a_piece; ++turn)
        value = (5 * value + piece) % 2147483647;
      sum += value;
    }
    return sum;
  }

  OpenedArm open(const Arm& arm) const override {
    const Case& what = arm.what;
    const std::string work = what.parameters.at("work");
    const auto* way = std::ranges::find_if(
        ways, [&](const Way& known) { return what.variant == known.name && work == known.work; });
    const auto python = std::make_shared<LineProcess>(std::vector<std::string>{
        python_program(), "-c", script, way->name, way->work, what.parameters.at("cores").dump(),
        fmt::to_string(what.size), fmt::to_string(size_of_piece(*way))});
    const auto last = std::make_shared<nlohmann::json>(nlohmann::json::object());
    const auto run = [=]() -> Answer {
      nlohmann::json line = nlohmann::json::parse(python->ask("\n"));
      // The trace comes with the first run, which is not timed; it is told with the first sample.
      for (const auto& [name, value] : line.at("metrics").items()) (*last)[name] = value;
      return line.at("answer");
    };
    return {run, [last] {
              nlohmann::json told = *last;
              last->clear();
              return told;
            }};
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    if (python_version().empty()) return {};
    const bool full = profile == Profile::full;
    return {{"gil", {"gil", "--pieces", "16", "--rounds", full ? "41" : "7"}}};
  }

 private:
  std::string pieces_word_ = "16";
  std::string cores_words_;
  std::uint64_t pieces_ = 16;
  std::vector<std::uint64_t> cores_;
  std::string version_ = "";
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Gil>();
});

}  // namespace
}  // namespace parlab
