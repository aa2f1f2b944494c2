#pragma once

#include <cstdint>

namespace parlab {

/// How many forks lie between the process that loaded this code and the calling one: tells a child
/// from its parent without getpid(), a system call that would cost more than all else around a
/// short run. Cost: a load.
std::uint32_t forks_passed() noexcept;

}  // namespace parlab
