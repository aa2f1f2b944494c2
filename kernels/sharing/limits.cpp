#include "kernels/sharing/limits.hpp"

#include <cerrno>

#include "kernels/sharing/thread_shortage.hpp"

namespace parlab {

std::system_error refusal(const std::string& what, int error) {
  const bool by_limit = error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM;
  return {error, std::generic_category(),
          "cannot " + what + (by_limit ? " (" + why_no_process(error) + ")" : "")};
}

}  // namespace parlab
