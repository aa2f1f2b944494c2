#pragma once

// --variant, as kernels with several variants read it.

#include <algorithm>
#include <string>
#include <vector>

#include "experiments/options/quantity.hpp"

namespace parlab {

/// The variants of a list, "scalar,simd"; all where one of its words is 'all'. `named` finds one, or throws
/// UsageError.
template <class Variant, class Named>
std::vector<Variant> chosen_variants(const std::string& words, const std::vector<Variant>& all,
                                     const Named& named) {
  std::vector<Variant> chosen;
  const std::vector<std::string> names = split_list(words);
  for (const std::string& name : names)
    if (name != "all") chosen.push_back(named(name));
  return std::ranges::find(names, "all") != names.end() ? all : chosen;
}

}  // namespace parlab
