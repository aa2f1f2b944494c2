#include <benchmark/benchmark.h>

#include "kernels/machine/processors/openmp_binding.hpp"

int main(int count, char** values) {
  parlab::unbind_main_thread();
  benchmark::Initialize(&count, values);
  if (benchmark::ReportUnrecognizedArguments(count, values)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
