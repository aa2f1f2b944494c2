#include "kernels/backends/ranks/ranks.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

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

}  // namespace

Ranks& join_ranks(const std::string& file, int size) {
  // For all: an MPI library loads parts of its own, which look for its names.
  void* const module = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr)
    throw std::runtime_error(fmt::format("cannot load MPI: {}", dlerror()));  // NOLINT
  const auto start = reinterpret_cast<StartRanks*>(dlsym(module, start_ranks_name));
  if (start == nullptr) throw std::runtime_error(fmt::format("{} has no ranks", file));
  joined().reset(start());
  if (joined()->size() != size)
    throw std::runtime_error(fmt::format(
        "{} ranks were started, and each sees {} of them: the program that started them is not of "
        "the MPI that parlab was built with ({}); set PARLAB_MPIRUN to its mpirun",
        size, joined()->size(), joined()->library()));
  return *joined();
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
