#include "experiments/options/argument_flags.hpp"

#include <algorithm>

#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {

bool has_flag(const std::vector<std::string>& arguments, const std::string& flag) {
  return std::ranges::find(arguments, flag) != arguments.end();
}

void check_flags(const std::string& verb, const std::vector<std::string>& arguments,
                 const std::vector<std::string>& valid) {
  for (const std::string& argument : arguments)
    if (argument != "--help" && argument != "-h" &&
        std::ranges::find(valid, argument) == valid.end())
      throw UsageError(unknown_name("option of " + verb, argument, valid));
}

}  // namespace parlab
