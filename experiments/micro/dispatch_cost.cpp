// What handing out empty chunks costs, per run, on every backend and schedule of this build.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace {

std::uint64_t count_chunks(parlab::Backend& backend, std::uint64_t chunks) {
  return parlab::map_reduce(
      backend, parlab::Chunking({0, chunks}, 1), std::uint64_t{0},
      [](parlab::IndexRange) { return std::uint64_t{1}; },
      [](std::uint64_t a, std::uint64_t b) { return a + b; });
}

void dispatch(benchmark::State& state, const parlab::BackendSpec& spec) {
  const auto chunks = static_cast<std::uint64_t>(state.range(0));
  const auto backend = parlab::make_backend(spec);
  if (count_chunks(*backend, chunks) != chunks) state.SkipWithError("wrong number of chunks");
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(count_chunks(*backend, chunks));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Runs before main: Google Benchmark's own main then finds them all.
const bool registered = [] {
  const parlab::UnboundFromOpenMP unbound;
  const int workers = parlab::usable_cores();
  for (parlab::BackendSpec spec : parlab::parse_backends("all")) {
    spec.workers = spec.backend == "serial" ? 1 : workers;
    const std::string name =
        "dispatch/" + spec.label() + "/workers:" + std::to_string(spec.workers);
    benchmark::RegisterBenchmark(name.c_str(), dispatch, spec)
        ->ArgName("chunks")
        ->Arg(1)
        ->Arg(64)
        ->Arg(4096)
        ->UseRealTime();
  }
  return true;
}();

}  // namespace
