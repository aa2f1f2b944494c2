#pragma once

// Every backend of this build by name. A backend's source registers itself with a static
// RegisterBackend; one that this build lacks is listed with the package that would bring it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/backends/backend.hpp"

namespace parlab {

/// Which backend, which of its schedules, how many workers. Text form: "openmp:dynamic".
struct BackendSpec {
  std::string backend;
  std::string schedule;  // empty for a backend that has only one
  int workers = 1;
  FoldKeeper* keeper = nullptr;  // of the backend that is made of it

  std::string label() const { return schedule.empty() ? backend : backend + ":" + schedule; }
};

struct BackendEntry {
  std::string name;
  std::string what;                    // one line for `parlab list`
  std::vector<std::string> schedules;  // the first is the default; empty: there is only one way
  bool parallel = true;                // false: one worker, whatever is asked for
  bool by_name_only = false;           // "all" and "each" leave it out
  SharedMemory shared_memory = SharedMemory::all;
  std::function<std::unique_ptr<Backend>(const BackendSpec&)> make;

  /// Whether workers see any memory of each other's.
  bool shares_memory() const { return shared_memory != SharedMemory::none; }
};

struct MissingBackend {
  std::string name;
  std::string why;  // what to install
};

class RegisterBackend {
 public:
  explicit RegisterBackend(BackendEntry entry);
};

/// Most workers that any backend takes: far above any use, low enough that a typing error does not
/// start a million threads.
inline constexpr int max_workers = 4096;

/// All backends of this build, by name.
const std::vector<BackendEntry>& backends();

/// Backends that the source has and this build lacks.
std::vector<MissingBackend> missing_backends();

/// Reads "name" or "name:schedule"; the plain name means the default schedule.
/// Throws UsageError, with the nearest valid name, for anything else.
BackendSpec parse_backend(std::string_view text, int workers = 1);

/// The backend of that name. Throws UsageError, with the nearest valid name, where there is none.
const BackendEntry& backend_entry(std::string_view name);

/// Whether workers see memory of each other's; true for what is not in the registry.
bool shares_memory(const BackendSpec& spec);

/// As parse_backend for a comma-separated list; "all" is every backend on every schedule,
/// "NAME:all" every schedule of one. What these name besides is there once. Throws UsageError for
/// an empty piece, and for a backend on one schedule that is itself named twice.
std::vector<BackendSpec> parse_backends(std::string_view text);

/// Throws UsageError unless the spec names a backend of this build and 1 to max_workers workers.
std::unique_ptr<Backend> make_backend(const BackendSpec& spec);

}  // namespace parlab
