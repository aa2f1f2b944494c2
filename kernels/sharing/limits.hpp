#pragma once

#include <string>
#include <system_error>

namespace parlab {

/// To be thrown where the machine refused a process, a descriptor or memory just now; names the
/// limit: "cannot WHAT (the limit on open files, ulimit -n, is 40): Too many open files".
std::system_error refusal(const std::string& what, int error);

}  // namespace parlab
