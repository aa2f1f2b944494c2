// event_loop: the same small program in seven styles of waiting (kernels/network/event_loops/). What a
// switch costs, and what a task that waits keeps in memory.

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <cstdio>

#include "experiments/base/experiment.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {
namespace {

LoopStyle style_named(const std::string& name) {
  std::vector<std::string> names;
  for (LoopStyle& style : loop_styles()) {
    if (style.name == name) return std::move(style);
    names.push_back(style.name);
  }
  if (name == "stackful")
    throw UsageError(
        "style 'stackful' is not built: it needs libboost-context-dev; run make deps, then "
        "make build");
  throw UsageError(unknown_name("style", name, names));
}

struct Memory {
  double heap;      // bytes that the program holds
  double resident;  // bytes of pages in memory
};

Memory memory() {
  const struct mallinfo2 heap = mallinfo2();
  std::uint64_t pages = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%lu %lu", &pages, &resident) != 2) resident = 0;  // NOLINT(cert-err34-c)
    std::fclose(file);
  }
  return {static_cast<double>(heap.uordblks + heap.hblkhd),
          static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE))};
}

/// What one of so many waiting tasks keeps in memory.
nlohmann::json memory_of_tasks(const LoopStyle& style, std::uint64_t tasks) {
  malloc_trim(0);  // pages that earlier tasks have left would hide those of these
  const Memory before = memory();
  Memory during{};
  style.wait_at_once(tasks, [&] { during = memory(); });
  const auto each = [&](double now, double then) { return (now - then) / double(tasks); };
  return {{"heap_per_task_bytes", each(during.heap, before.heap)},
          {"resident_per_task_bytes", each(during.resident, before.resident)}};
}

class EventLoop final : public Experiment {
 public:
  std::string name() const override { return "event_loop"; }
  int report_place() const override { return 70; }
  std::string question() const override {
    return "What does it cost to wait in each style: to switch tasks, and to keep one waiting?";
  }
  std::string why() const override {
    return "An event loop is a queue of functions. Callbacks put the function that goes on into "
           "it; a coroutine's frame is what the compiler makes of that function, so a switch costs "
           "about an allocation and two indirect calls more. A future adds a lock and a "
           "shared state. A stackful coroutine saves registers and swaps the stack pointer, "
           "which is quick, but each task that waits keeps whole pages of stack: tens of times "
           "the memory of a frame, which counts when 1e5 connections are open.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--style", style_words_,
                   "by_hand, asio_post, callbacks, std_futures, asio_futures, coroutines, "
                   "stackful; a list, or 'all' [all]");
    app.add_option("--turns", turns_words_, "switches between hello and world [1e5]");
    app.add_option("--tasks", tasks_words_,
                   "tasks that wait at once, instead of --turns; a list for a sweep");
  }
  void check_options() override {
    if (!turns_words_.empty() && !tasks_words_.empty())
      throw UsageError("--turns and --tasks are two measurements; give one of them");
    turns_ = tasks_words_.empty()
                 ? parse_quantities("--turns", turns_words_.empty() ? "1e5" : turns_words_, 1, 1e9)
                 : parse_quantities("--tasks", tasks_words_, 1, 1e7);
    for (const std::string& name : split_list(style_words_)) {
      if (name == "all")
        styles_ = loop_styles();
      else
        styles_.push_back(style_named(name));
    }
  }
  bool takes_grain() const override { return false; }
  bool compares_methods() const override { return true; }
  std::string subject(const Workload& workload) const override {
    return fmt::format("With {} {}", short_number(workload.size),
                       workload.algorithm == "switch" ? "switches" : "tasks waiting at once");
  }

  std::vector<Workload> workloads() const override {
    const bool waits = !tasks_words_.empty();
    std::vector<Workload> cases;
    for (const std::uint64_t size : turns_)
      for (const LoopStyle& style : styles_)
        cases.push_back({.kernel = "hello_world",
                         .variant = style.name,
                         .algorithm = waits ? "wait" : "switch",
                         .size = size,
                         .unit = waits ? "tasks" : "switches"});
    return cases;
  }

  Answer expected(const Workload& workload) const override {
    if (workload.algorithm == "wait") return workload.size * (workload.size + 1) / 2;
    Conversation conversation(workload.size);
    while (conversation.hello() && conversation.world()) {
    }
    return conversation.said();
  }

  OpenedArm open(const Arm& arm) const override {
    const LoopStyle style = style_named(arm.workload.variant);
    const std::uint64_t size = arm.workload.size;
    if (arm.workload.algorithm == "switch")
      return [=]() -> Answer { return style.hello_world(size); };
    return OpenedArm([=]() -> Answer { return style.wait_at_once(size, [] {}); },
                     [=] { return memory_of_tasks(style, size); });
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    return {{"event_loop-switch",
             {"event_loop", "--turns", full ? "1e6" : "2e4", "--rounds", full ? "41" : "11"}},
            {"event_loop-memory",
             {"event_loop", "--tasks", full ? "1e5" : "1e4", "--rounds", full ? "21" : "7"}}};
  }

 private:
  std::string style_words_ = "all";
  std::string turns_words_, tasks_words_;
  std::vector<std::uint64_t> turns_;
  std::vector<LoopStyle> styles_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<EventLoop>();
});

}  // namespace
}  // namespace parlab
