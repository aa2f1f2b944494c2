#include "kernels/machine/processors/placement.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>

#include "kernels/base/nearest_name.hpp"
#include "kernels/machine/kernel_files.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<Placement, std::string_view>, 3> names = {
    {{Placement::none, "none"}, {Placement::compact, "compact"}, {Placement::spread, "spread"}}};

struct Processor {
  int number;
  std::uint64_t package, core;      // as the kernel numbers them
  int package_rank, core_rank = 0;  // of the package in the machine, of the core in the package
  int thread_rank = 0;              // of the processor in its core
};

std::vector<Processor> topology(const fs::path& root) {
  std::vector<Processor> processors;
  std::map<std::uint64_t, std::map<std::uint64_t, int>> threads;  // seen so far, by package, core
  for (const int number : allowed_cpus(root)) {
    const fs::path folder =
        root / "sys/devices/system/cpu" / ("cpu" + std::to_string(number)) / "topology";
    const auto told = [&](const char* file) {
      return leading_number(read_kernel_file(folder / file).value_or(""));
    };
    const std::uint64_t package = told("physical_package_id").value_or(0);
    // Beyond the numbers of cores that are told.
    constexpr std::uint64_t own_core = 1ULL << 32;
    const std::uint64_t core =
        told("core_id").value_or(own_core + static_cast<std::uint64_t>(number));
    const int thread = threads[package][core]++;
    processors.push_back({number, package, core, 0, 0, thread});
  }
  const auto rank = [](const auto& map, std::uint64_t key) {
    return static_cast<int>(std::distance(map.begin(), map.find(key)));
  };
  for (Processor& processor : processors) {
    processor.package_rank = rank(threads, processor.package);
    processor.core_rank = rank(threads[processor.package], processor.core);
  }
  return processors;
}

}  // namespace

std::vector<std::string> placement_names() {
  std::vector<std::string> all;
  for (const auto& [placement, name] : names) all.emplace_back(name);
  return all;
}

std::string placement_name(Placement placement) {
  return std::string(names.at(static_cast<std::size_t>(placement)).second);
}

Placement placement_named(std::string_view what, std::string_view name) {
  require_known(what, name, placement_names());
  return std::ranges::find(names, name, [](const auto& pair) { return pair.second; })->first;
}

std::vector<int> placed_processors(Placement placement, int workers, const fs::path& root) {
  std::vector<Processor> processors = topology(root);
  std::ranges::sort(processors, {}, [&](const Processor& p) {
    return placement == Placement::spread
               ? std::tuple(p.thread_rank, p.core_rank, p.package_rank, p.number)
               : std::tuple(p.package_rank, p.core_rank, p.thread_rank, p.number);
  });
  if (placement != Placement::none && static_cast<std::size_t>(workers) < processors.size())
    processors.resize(static_cast<std::size_t>(workers));
  std::vector<int> numbers;
  for (const Processor& processor : processors) numbers.push_back(processor.number);
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace parlab
