#include "experiments/advice/choice_header.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/advice/candidates.hpp"

namespace parlab {
namespace {

/// How one backend runs run(chunk) for each chunk.
struct Code {
  std::string headers;  // lines
  std::string flags;    // of the compiler, for the comment
  std::string body;     // of a function with `chunks` and `run`
};

Code openmp_code(const std::string& schedule) {
  const std::string loop =
      "  for (std::int64_t chunk = 0; chunk < last; ++chunk) "
      "run(static_cast<std::uint64_t>(chunk));\n";
  const std::string last = "  const auto last = static_cast<std::int64_t>(chunks);\n";
  const std::string flags = "-fopenmp";
  if (schedule == "tasks")
    return {"", flags,
            last +
                "#pragma omp parallel num_threads(workers)\n#pragma omp single\n"
                "#pragma omp taskloop grainsize(1)\n" +
                loop};
  const std::string clause = schedule == "dynamic" ? "dynamic, 1" : schedule;
  return {"", flags,
          last +
              fmt::format("#pragma omp parallel for num_threads(workers) schedule({})\n", clause) +
              loop};
}

Code tbb_code(const std::string& schedule) {
  const std::string headers =
      "#include <tbb/blocked_range.h>\n#include <tbb/parallel_for.h>\n#include "
      "<tbb/partitioner.h>\n"
      "#include <tbb/task_arena.h>\n";
  const bool remembers = schedule == "affinity";
  return {headers, "-ltbb",
          fmt::format("  static tbb::task_arena arena(workers);\n{}"
                      "  arena.execute([&] {{\n"
                      "    tbb::parallel_for(\n"
                      "        tbb::blocked_range<std::uint64_t>(0, chunks),\n"
                      "        [&](const tbb::blocked_range<std::uint64_t>& piece) {{\n"
                      "          for (std::uint64_t chunk = piece.begin(); chunk < piece.end(); "
                      "++chunk) run(chunk);\n"
                      "        }},\n"
                      "        {});\n"
                      "  }});\n",
                      remembers ? "  static thread_local tbb::affinity_partitioner places;\n" : "",
                      remembers ? "places" : fmt::format("tbb::{}_partitioner()", schedule))};
}

Code stdpar_code() {
  return {
      "#include <algorithm>\n#include <execution>\n#include <numeric>\n#include <vector>\n"
      "#include <tbb/task_arena.h>\n",
      "-ltbb, by which libstdc++ runs its parallel algorithms",
      "  static tbb::task_arena arena(workers);\n"
      "  std::vector<std::uint64_t> numbers(chunks);\n"
      "  std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});\n"
      "  arena.execute([&] { std::for_each(std::execution::par, numbers.begin(), numbers.end(), "
      "run); });\n"};
}

Code threads_code(const std::string& schedule) {
  const std::string start =
      "  std::vector<std::thread> others;\n"
      "  for (int worker = 1; worker < workers; ++worker) others.emplace_back(work, worker);\n"
      "  work(0);\n"
      "  for (std::thread& other : others) other.join();\n";
  const std::string headers = "#include <thread>\n#include <vector>\n";
  if (schedule == "dynamic")
    return {"#include <atomic>\n" + headers, "-pthread",
            "  std::atomic<std::uint64_t> next{0};\n"
            "  const auto work = [&](int) {\n"
            "    for (;;) {\n"
            "      const std::uint64_t chunk = next.fetch_add(1, std::memory_order_relaxed);\n"
            "      if (chunk >= chunks) return;\n"
            "      run(chunk);\n"
            "    }\n"
            "  };\n" +
                start};
  return {headers, "-pthread",
          "  const auto work = [&](int worker) {\n"
          "    const std::uint64_t first = chunks * static_cast<std::uint64_t>(worker) / workers;\n"
          "    const std::uint64_t last = chunks * (static_cast<std::uint64_t>(worker) + 1) / "
          "workers;\n"
          "    for (std::uint64_t chunk = first; chunk < last; ++chunk) run(chunk);\n"
          "  };\n" +
              start};
}

Code code_of(const BackendSpec& executor) {
  if (executor.backend == "openmp") return openmp_code(executor.schedule);
  if (executor.backend == "tbb") return tbb_code(executor.schedule);
  if (executor.backend == "stdpar") return stdpar_code();
  if (executor.backend == "threads") return threads_code(executor.schedule);
  return {"", "", "  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) run(chunk);\n"};
}

constexpr char head[] = R"(#pragma once

// A parallel loop as `parlab advise` chose it: {label}.
// {origin}
// {flags}
//
//   parlab_choice::for_parts(0, n, [&](std::uint64_t begin, std::uint64_t end) {{
//     for (std::uint64_t i = begin; i < end; ++i) z[i] = 3 * x[i] + y[i];
//   }});
//   const double sum = parlab_choice::reduce_parts(0, n, 0.0, part_sum, std::plus<>());
//
// Parts run at the same time, and must not throw.

#include <cstdint>
#include <memory>
{headers}
namespace parlab_choice {{

inline constexpr int workers = {workers};
inline constexpr std::uint64_t chunks_per_worker = {chunks};
/// Indices below which a loop runs serially: starting the workers would cost more than they save.
inline constexpr std::uint64_t serial_below = {serial_below};

namespace detail {{

/// run(0), run(1), ... run(chunks - 1), on the workers.
template <class Run>
void run_chunks(std::uint64_t chunks, const Run& run) {{
)";

constexpr char tail[] = R"(}

/// [begin, end) in chunks of one size, but for the last.
struct Parts {
  std::uint64_t begin, end, grain, chunks;

  Parts(std::uint64_t from, std::uint64_t to) : begin(from), end(to > from ? to : from) {
    const std::uint64_t size = end - begin;
    const std::uint64_t most = size < serial_below ? 1 : workers * chunks_per_worker;
    grain = size == 0 ? 1 : (size - 1) / most + 1;
    chunks = size == 0 ? 0 : (size - 1) / grain + 1;
  }
  std::uint64_t first(std::uint64_t chunk) const { return begin + chunk * grain; }
  std::uint64_t last(std::uint64_t chunk) const { return chunk + 1 == chunks ? end : first(chunk + 1); }
};

}  // namespace detail

/// Calls body(begin, end) for parts that make up [begin, end).
template <class Body>
void for_parts(std::uint64_t begin, std::uint64_t end, const Body& body) {
  const detail::Parts parts(begin, end);
  const auto run = [&](std::uint64_t chunk) { body(parts.first(chunk), parts.last(chunk)); };
  if (parts.chunks == 1) return run(0);
  if (parts.chunks > 1) detail::run_chunks(parts.chunks, run);
}

/// join(join(start, body(part 0)), body(part 1)) and so on, in the order of the parts: the same
/// result however the workers share them.
template <class T, class Body, class Join>
T reduce_parts(std::uint64_t begin, std::uint64_t end, T start, const Body& body, const Join& join) {
  const detail::Parts parts(begin, end);
  const std::unique_ptr<T[]> partials(new T[parts.chunks]);
  const auto run = [&](std::uint64_t chunk) {
    partials[chunk] = body(parts.first(chunk), parts.last(chunk));
  };
  if (parts.chunks == 1) run(0);
  if (parts.chunks > 1) detail::run_chunks(parts.chunks, run);
  for (std::uint64_t chunk = 0; chunk < parts.chunks; ++chunk) start = join(start, partials[chunk]);
  return start;
}

}  // namespace parlab_choice
)";

}  // namespace

std::string choice_header(const Advice& advice, const std::string& origin) {
  const Arm& choice = advice.choice;
  const bool serial = choice.executor.backend == "serial" || !has_plain_code(choice.executor);
  const Code code = code_of(serial ? BackendSpec{"serial", "", 1} : choice.executor);
  const int workers = serial ? 1 : choice.executor.workers;
  using fmt::arg;
  return fmt::format(
             head, arg("label", serial ? "serial" : advice.label), arg("origin", origin),
             arg("flags",
                 code.flags.empty() ? "It needs no flags." : "Compile with " + code.flags + "."),
             arg("headers", code.headers), arg("workers", workers),
             arg("chunks",
                 serial ? 1 : chunks_per_worker_of(choice.workload.size, workers, choice.grain)),
             arg("serial_below",
                 serial ? 1 : std::max<std::uint64_t>(advice.pays_from.value_or(1), 1))) +
         code.body + tail;
}

}  // namespace parlab
