#pragma once

#include <string>

#include "experiments/python/pythons.hpp"

namespace parlab {

/// Why the tests that need a Python cannot run here; "" where they can. Asked without parlab, so
/// that a parlab that cannot be imported is a failure, and no reason.
inline std::string why_no_python() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return "a sanitizer's runtime would have to be in Python too, to load the library built with it";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return "a sanitizer's runtime would have to be in Python too, to load the library built with it";
#endif
#endif
  if (python_answer("import numpy; print(numpy.__version__)").empty())
    return python_program() + " has no numpy, without which parlab cannot be imported";
  return "";
}

}  // namespace parlab
