#include "kernels/machine/processors/openmp_binding.hpp"

#include <dlfcn.h>
#include <link.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

// Of LLVM's runtime alone.
extern "C" [[gnu::weak]] int kmp_get_library();

namespace parlab {
namespace {

/// A value such as "false", "none,verbose" or "disabled" binds nothing.
bool is_off(std::string_view value) {
  const std::string first(value.substr(0, value.find(',')));
  return std::ranges::any_of(std::array{"false", "none", "disabled"},
                             [&](const char* off) { return strcasecmp(first.c_str(), off) == 0; });
}

/// The environment at the first question: what runtimes go by is what they found at their start.
bool environment_binds() {
  static const bool binds = !openmp_binding().empty();
  return binds;
}

/// Libraries that the process has loaded so far.
unsigned long long libraries_loaded() {
  unsigned long long loaded = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* loaded) {
        *static_cast<unsigned long long*>(loaded) = info->dlpi_adds;
        return 1;  // the first tells as much as all
      },
      &loaded);
  return loaded;
}

/// The files of loaded libraries that may be a runtime: libgomp, also a wheel's libgomp-a34b3233,
/// libomp, libiomp5.
std::vector<std::string> runtime_files() {
  std::vector<std::string> files;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* files) {
        const std::string_view path = info->dlpi_name;
        if (path.substr(path.rfind('/') + 1).find("omp") != std::string_view::npos)
          static_cast<std::vector<std::string>*>(files)->emplace_back(path);
        return 0;
      },
      &files);
  return files;
}

void add_places(void* runtime, std::vector<ProcessorSet>& places) {
  const auto count = reinterpret_cast<int (*)()>(dlsym(runtime, "omp_get_num_places"));
  const auto size = reinterpret_cast<int (*)(int)>(dlsym(runtime, "omp_get_place_num_procs"));
  const auto list = reinterpret_cast<void (*)(int, int*)>(dlsym(runtime, "omp_get_place_proc_ids"));
  if (count == nullptr || size == nullptr || list == nullptr) return;
  for (int place = 0; place < count(); ++place) {
    std::vector<int> numbers(static_cast<std::size_t>(std::max(size(place), 0)));
    list(place, numbers.data());
    ProcessorSet& processors = places.emplace_back();
    for (const int number : numbers) processors.add(number);
  }
}

/// The places of all loaded runtimes, which stay as they are: asked for again only where another
/// library was loaded since. Kept by thread, because a lock might be taken when a process forks.
const std::vector<ProcessorSet>& openmp_places() {
  static thread_local std::vector<ProcessorSet> places;
  static thread_local unsigned long long asked_after = 0;
  const unsigned long long loaded = libraries_loaded();
  if (loaded == asked_after) return places;
  places.clear();
  for (const std::string& file : runtime_files()) {
    void* runtime = dlopen(file.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (runtime == nullptr) continue;
    add_places(runtime, places);
    dlclose(runtime);  // who loaded it keeps it
  }
  asked_after = loaded;
  return places;
}

/// As processors_without_openmp() for a thread that has `now`.
ProcessorSet without_openmp(const ProcessorSet& now) {
  ProcessorSet given = processors_at_start();
  const std::vector<ProcessorSet>& places = openmp_places();
  // LLVM's runtime binds a thread that asks for the places.
  if (processors_of_thread() != now) bind_thread(now);
  if (std::ranges::find(places, now) == places.end()) return now;
  // A runtime that was loaded before this library had bound the thread by then: its places lie
  // within what the process was given, and mostly are all of it.
  for (const ProcessorSet& place : places)
    for (const int number : place.numbers()) given.add(number);
  return given;
}

}  // namespace

std::map<std::string, std::string> heeded_openmp_binding() {
  auto binding = openmp_binding();
  if (kmp_get_library == nullptr) binding.erase("KMP_AFFINITY");
  return binding;
}

std::map<std::string, std::string> openmp_binding(char** environment) {
  constexpr std::array<std::string_view, 4> names = {"GOMP_CPU_AFFINITY", "KMP_AFFINITY",
                                                     "OMP_PLACES", "OMP_PROC_BIND"};
  std::map<std::string, std::string> binding;
  bool refused = false;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    const std::string_view value = variable.substr(equals + 1);
    if (std::ranges::find(names, name) == names.end() || value.empty()) continue;
    if (!is_off(value)) binding.emplace(name, value);
    if (name == "OMP_PROC_BIND" && is_off(value)) refused = true;
  }
  // It goes before the others; LLVM's own variable goes before it.
  if (refused)
    std::erase_if(binding, [](const auto& variable) { return variable.first != "KMP_AFFINITY"; });
  return binding;
}

ProcessorSet processors_without_openmp() {
  const ProcessorSet now = processors_of_thread();
  return environment_binds() ? without_openmp(now) : now;
}

void unbind_main_thread() {
  // A runtime that has not bound it yet must not be asked: LLVM's, once awake, would take a fork
  // for a reason to bind no more.
  if (environment_binds() && processors_of_thread() != processors_at_start()) {
    const ProcessorSet wanted = processors_without_openmp();
    if (wanted != processors_of_thread()) bind_thread(wanted);
  }
}

UnboundFromOpenMP::UnboundFromOpenMP() {
  if (!environment_binds()) return;
  before_ = processors_of_thread();
  const ProcessorSet wanted = without_openmp(*before_);
  if (wanted != *before_) bind_thread(wanted);
}

UnboundFromOpenMP::~UnboundFromOpenMP() {
  if (before_ && processors_of_thread() != *before_) bind_thread(*before_);
}

}  // namespace parlab
