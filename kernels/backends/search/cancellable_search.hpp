#pragma once

// Searches that end early by what the library itself offers for it, instead of a flag: OpenMP's
// cancel, oneTBB's cancellation of a task group. Only for workers that are threads of one runtime.

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/function_ref.hpp"
#include "kernels/base/index_range.hpp"

namespace parlab {

/// Some hit of search(block), which returns one or 0, over blocks of `block` indices of each chunk;
/// 0 where there is none. Blocks that begin after a hit was cancelled for are left out. Throws
/// UsageError where the runtime was started without cancellation.
using CancellableSearch = std::uint64_t (*)(int workers, const Chunking& chunking,
                                            std::uint64_t block,
                                            FunctionRef<std::uint64_t(IndexRange)> search);

class RegisterCancellableSearch {
 public:
  RegisterCancellableSearch(const char* backend, CancellableSearch search);
};

/// That of a backend, or null.
CancellableSearch cancellable_search(const std::string& backend);
/// The backends of this build that have one.
std::vector<std::string> cancellable_backends();

}  // namespace parlab
