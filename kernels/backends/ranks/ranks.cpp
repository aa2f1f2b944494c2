#include "kernels/backends/ranks/ranks.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "kernels/backends/ranks/module.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// Bytes of a failure's message that travel; longer ones are cut.
constexpr std::size_t max_message_bytes = 4096;

std::unique_ptr<Ranks>& joined() {
  static std::unique_ptr<Ranks> ranks;
  return ranks;
}

std::vector<int>& threads_of_ranks() {
  static std::vector<int> threads;
  return threads;
}

/// A function of the module, which stays loaded.
template <class Function>
Function* call_named(const std::string& file, const char* name) {
  // For all: an MPI library loads parts of its own, which look for its names.
  void* const module = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr)
    throw std::runtime_error(fmt::format("cannot load MPI: {}", dlerror()));  // NOLINT
  const auto function = reinterpret_cast<Function*>(dlsym(module, name));
  if (function == nullptr) throw std::runtime_error(fmt::format("{} has no {}", file, name));
  return function;
}

}  // namespace

Ranks& join_ranks(const std::string& file, std::vector<int> threads) {
  const auto size = static_cast<int>(threads.size());
  const auto start = call_named<StartRanks>(file, start_ranks_name);
  joined().reset(start());
  if (joined()->size() != size)
    throw std::runtime_error(fmt::format(
        "{} ranks were started, and each sees {} of them: the program that started them is not of "
        "the MPI that parlab was built with ({}); set PARLAB_MPIRUN to its mpirun",
        size, joined()->size(), joined()->library()));
  threads_of_ranks() = std::move(threads);
  return *joined();
}

const std::vector<int>& rank_threads() { return threads_of_ranks(); }

std::string rank_library(const std::string& file) {
  return call_named<LibraryName>(file, library_name_name)();
}

Ranks* joined_ranks() { return joined().get(); }

void leave_ranks() { joined().reset(); }

void agree(Ranks& ranks, const std::string* failure) {
  const std::size_t length = failure == nullptr ? 0 : std::min(failure->size(), max_message_bytes);
  const auto lengths = ranks.gather(failure == nullptr ? 0 : length + 1);
  const auto failed = std::ranges::find_if(lengths, [](std::uint64_t n) { return n != 0; });
  if (failed == lengths.end()) return;
  const auto root = static_cast<int>(failed - lengths.begin());
  std::string message(*failed - 1, '\0');
  if (failure != nullptr && root == ranks.rank()) message.assign(*failure, 0, length);
  ranks.broadcast(std::as_writable_bytes(std::span(message)), root);
  throw ChunkFailed(fmt::format("rank {} on {}: {}", root,
                                ranks.hosts()[static_cast<std::size_t>(root)], message));
}

}  // namespace parlab
