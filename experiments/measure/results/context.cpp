#include "experiments/measure/results/context.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "build_facts.inc"
#include "experiments/base/this_program.hpp"
#include "experiments/measure/results/library_versions.hpp"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/simd_level.hpp"
#include "revision.inc"

namespace parlab {
namespace {

/// Under this name the context keeps the steal time of its beginning until it is completed.
constexpr char steal_before[] = "steal_seconds_before";

std::string host_hash() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return hashed(name.data());
}

/// "Linux 6.1.0": what follows the numbers may name whoever built the kernel.
std::string kernel_version() {
  utsname names{};
  if (uname(&names) != 0) return "unknown";
  const std::string_view release = names.release;
  return fmt::format("{} {}", names.sysname,
                     release.substr(0, release.find_first_not_of("0123456789.")));
}

/// From sysconf, for machines whose /sys does not tell.
std::map<std::string, std::uint64_t> caches_of_this_process() {
  std::map<std::string, std::uint64_t> sizes;
  const auto add = [&](const char* name, int key) {
    if (const long bytes = sysconf(key); bytes > 0) sizes[name] = static_cast<std::uint64_t>(bytes);
  };
  add("L1d", _SC_LEVEL1_DCACHE_SIZE);
  add("L2", _SC_LEVEL2_CACHE_SIZE);
  add("L3", _SC_LEVEL3_CACHE_SIZE);
  return sizes;
}

nlohmann::json load_of(const Machine& machine) {
  const auto load = machine.load();
  return load ? nlohmann::json(*load) : nlohmann::json();
}

}  // namespace

nlohmann::json collect_context(const std::string& command, const Machine& machine) {
  const auto governors = machine.governors();
  auto caches = machine.caches();
  if (caches.empty()) caches = caches_of_this_process();
  const auto memory = machine.memory_bytes("MemTotal");
  const auto time = machine.processor_time();
  return {
      {"date", fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)))},
      {"host", host_hash()},
      {"cpu", machine.cpu_model()},
      {"cores", machine.online_cpus().size()},
      {"usable_cores", machine.usable_cores()},
      {"caches", caches},
      {"memory_bytes", memory ? nlohmann::json(*memory) : nlohmann::json()},
      {"simd", simd_level()},
      {"virtual_machine", machine.virtual_machine()},
      {"governor", governors.empty() ? "unknown" : fmt::format("{}", fmt::join(governors, ", "))},
      {"load_before", load_of(machine)},
      {steal_before, time ? time->steal_seconds : 0.0},
      {"kernel", kernel_version()},
      {"compiler", build_compiler},
      {"flags", build_flags},
      {"build_type", build_type},
      {"libraries", library_versions()},
      {"environment", relevant_environment()},
      {"openmp_binding", heeded_openmp_binding()},
      {"commit", build_commit},
      {"dirty", build_dirty},
      {"version", build_version},
      {"command", without_credentials(command)},
  };
}

std::string hashed(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char character : text) {
    hash ^= static_cast<unsigned char>(character);
    hash *= 1099511628211u;
  }
  return fmt::format("{:016x}", hash);
}

std::string machine_fingerprint(const nlohmann::json& context) {
  nlohmann::json facts;
  for (const char* name :
       {"host", "cpu", "cores", "caches", "memory_bytes", "virtual_machine", "simd"})
    facts[name] = context.value(name, nlohmann::json());
  return hashed(facts.dump());
}

std::string program_version() { return build_version; }

std::string program_build() {
  constexpr std::size_t digits = 8;  // of 40; more would only make the line longer
  const std::string id = build_id().substr(0, digits);
  return fmt::format("{} (commit {}{}, build {})", build_version, build_commit,
                     build_dirty ? " changed" : "", id.empty() ? "unknown" : id);
}

void complete_context(nlohmann::json& context, const Machine& machine) {
  context["load_after"] = load_of(machine);
  const auto time = machine.processor_time();
  const double before = context.value(steal_before, 0.0);
  context["steal_seconds"] = time ? std::max(0.0, time->steal_seconds - before) : 0.0;
  context.erase(steal_before);
}

void reopen_context(nlohmann::json& context, const Machine& machine) {
  const auto time = machine.processor_time();
  const double before = context.value("steal_seconds", 0.0);
  context[steal_before] = time ? time->steal_seconds - before : 0.0;
  context.erase("steal_seconds");
}

std::map<std::string, std::string> relevant_environment(char** variables) {
  constexpr std::array<std::string_view, 6> prefixes{"OMP_", "GOMP_",   "KMP_",
                                                     "TBB_", "MALLOC_", "PARLAB_"};
  std::map<std::string, std::string> relevant;
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    if (name == "PARLAB_HISTORY") continue;  // where a run is kept changes nothing of it
    const bool listed =
        name == "LD_PRELOAD" || std::any_of(prefixes.begin(), prefixes.end(),
                                            [&](auto prefix) { return name.starts_with(prefix); });
    if (listed)
      relevant.emplace(name, without_credentials(std::string(variable.substr(equals + 1))));
  }
  return relevant;
}

std::string without_credentials(std::string text) {
  constexpr std::string_view scheme_end = "://";
  constexpr std::string_view mask = "***";
  std::size_t begin = text.find(scheme_end);
  while (begin != std::string::npos) {
    begin += scheme_end.size();
    const std::size_t end = std::min(text.size(), text.find_first_of("/?# \t'\"", begin));
    const std::size_t at = text.rfind('@', end);
    if (at != std::string::npos && at >= begin && at < end) text.replace(begin, at - begin, mask);
    begin = text.find(scheme_end, begin);
  }
  return text;
}

}  // namespace parlab
