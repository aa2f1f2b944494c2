#include <algorithm>

#include "experiments/command_line/verbs.hpp"
#include "kernels/errors.hpp"
#include "kernels/nearest_name.hpp"

namespace parlab {

bool has_flag(const Arguments& arguments, const std::string& flag) {
  return std::ranges::find(arguments, flag) != arguments.end();
}

void check_flags(const std::string& verb, const Arguments& arguments,
                 const std::vector<std::string>& valid) {
  for (const std::string& argument : arguments)
    if (argument != "--help" && argument != "-h" &&
        std::ranges::find(valid, argument) == valid.end())
      throw UsageError(unknown_name("option of " + verb, argument, valid));
}

}  // namespace parlab
