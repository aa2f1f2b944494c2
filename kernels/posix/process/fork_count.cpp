#include "kernels/posix/process/fork_count.hpp"

#include <pthread.h>

#include <atomic>

namespace parlab {
namespace {

std::atomic<std::uint32_t> forks = 0;
[[maybe_unused]] const int counted =
    pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

std::uint32_t forks_passed() noexcept { return forks.load(std::memory_order_relaxed); }

}  // namespace parlab
