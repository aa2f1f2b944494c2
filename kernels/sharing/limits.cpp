#include "kernels/sharing/limits.hpp"

#include <cerrno>

namespace parlab {
namespace {

const char* cure_of(int error) {
  switch (error) {
    case EMFILE:
      return " (close file descriptors, or raise ulimit -n)";
    case ENFILE:
      return " (the machine has too many files open: raise fs.file-max)";
    case EAGAIN:
      return " (use fewer processes and threads, or raise ulimit -u)";
    case ENOMEM:
      return " (free memory, or raise ulimit -v)";
    default:
      return "";
  }
}

}  // namespace

std::system_error refusal(const std::string& what, int error) {
  return {error, std::generic_category(), "cannot " + what + cure_of(error)};
}

}  // namespace parlab
