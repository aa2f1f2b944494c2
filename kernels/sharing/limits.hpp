#pragma once

#include <string>
#include <system_error>

namespace parlab {

/// To be thrown where the machine refused a process, a thread, a descriptor or memory; names the
/// limit: "cannot WHAT (close file descriptors, or raise ulimit -n): Too many open files".
std::system_error refusal(const std::string& what, int error);

}  // namespace parlab
