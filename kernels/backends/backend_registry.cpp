#include "kernels/backends/backend_registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/machine/processors/worker_places.hpp"

namespace parlab {
namespace {

Registry<BackendEntry>& registry() {
  static Registry<BackendEntry> entries;
  return entries;
}

/// Whoever computes a chunk has a processor of its own.
class PlacedBackend final : public Backend {
 public:
  explicit PlacedBackend(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
  int workers() const override { return backend_->workers(); }
  std::unique_ptr<SearchNews> listen_to_search(std::function<void(std::uint64_t)> on_hit) override {
    return backend_->listen_to_search(std::move(on_hit));
  }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    const auto placed = [&](std::uint64_t chunk, std::byte* slot) {
      take_worker_place();
      body(chunk, slot);
    };
    backend_->run_chunks(chunks, slots, slot_size, placed);
  }

  std::unique_ptr<Backend> backend_;
};

}  // namespace

RegisterBackend::RegisterBackend(BackendEntry entry) { registry().add(std::move(entry)); }

const std::vector<BackendEntry>& backends() { return registry().all(); }

std::vector<MissingBackend> missing_backends() {
  return {
#include "missing_backends.inc"
  };
}

const BackendEntry& backend_entry(std::string_view name) {
  for (const MissingBackend& missing : missing_backends())
    if (missing.name == name)
      throw UsageError(fmt::format("backend '{}' is not in this build; {}", name, missing.why));
  return entry_named(backends(), "backend", name);
}

BackendSpec parse_backend(std::string_view text, int workers) {
  const auto colon = text.find(':');
  const BackendEntry& entry = backend_entry(text.substr(0, colon));
  BackendSpec spec{entry.name, entry.schedules.empty() ? "" : entry.schedules.front(), workers};
  if (colon == std::string_view::npos) return spec;
  spec.schedule = text.substr(colon + 1);
  if (std::ranges::find(entry.schedules, spec.schedule) == entry.schedules.end()) {
    if (entry.schedules.empty())
      throw UsageError(
          fmt::format("backend '{}' has no schedules: write '{}'", entry.name, entry.name));
    throw UsageError(unknown_name("schedule of " + entry.name, spec.schedule, entry.schedules));
  }
  return spec;
}

bool shares_memory(const BackendSpec& spec) {
  const auto entry = std::ranges::find(backends(), spec.backend, &BackendEntry::name);
  return entry == backends().end() || entry->shares_memory();
}

std::vector<BackendSpec> parse_backends(std::string_view text) {
  std::vector<BackendSpec> specs;
  std::vector<std::string> named;  // one by one
  const auto add = [&](const BackendSpec& spec) {
    if (std::ranges::find(specs, spec.label(), &BackendSpec::label) == specs.end())
      specs.push_back(spec);
  };
  const auto add_all_of = [&](const BackendEntry& entry) {
    if (entry.schedules.empty()) add({entry.name, "", 1});
    for (const std::string& schedule : entry.schedules) add({entry.name, schedule, 1});
  };
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view item = text.substr(begin, end - begin);
    if (item == "all") {
      for (const BackendEntry& entry : backends())
        if (!entry.by_name_only) add_all_of(entry);
    } else if (item.ends_with(":all")) {
      add_all_of(backend_entry(item.substr(0, item.size() - 4)));
    } else {
      const BackendSpec spec = parse_backend(item);
      if (std::ranges::find(named, spec.label()) != named.end())
        throw UsageError(
            fmt::format("backend '{}' appears twice in '{}': name it once", spec.label(), text));
      named.push_back(spec.label());
      add(spec);
    }
    begin = end + 1;
  }
  return specs;
}

std::unique_ptr<Backend> make_backend(const BackendSpec& spec) {
  const BackendEntry& entry = backend_entry(spec.backend);
  BackendSpec complete = parse_backend(spec.label(), spec.workers);
  if (spec.workers < 1 || spec.workers > max_workers)
    throw UsageError(fmt::format("workers must be 1 to {}, not {}", max_workers, spec.workers));
  if (!entry.parallel && spec.workers != 1)
    throw UsageError(fmt::format("backend '{}' has one worker, not {}", entry.name, spec.workers));
  std::unique_ptr<Backend> backend = entry.make(complete);
  if (has_worker_places()) backend = std::make_unique<PlacedBackend>(std::move(backend));
  backend->set_keeper(spec.keeper);
  backend->set_shared_memory(entry.shared_memory);
  return backend;
}

}  // namespace parlab
