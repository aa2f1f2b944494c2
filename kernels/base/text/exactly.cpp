#include "kernels/base/text/exactly.hpp"

#include <stdexcept>

namespace parlab {

void throw_does_not_fit(const std::string& number, const std::string& least,
                        const std::string& most) {
  throw std::invalid_argument(number + " does not fit in a number from " + least + " to " + most);
}

}  // namespace parlab
