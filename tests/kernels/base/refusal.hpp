#pragma once

#include <functional>
#include <string>

#include "kernels/base/errors.hpp"

namespace parlab {

/// What `action` throws of the kind `Error`; empty where it throws nothing.
template <class Error = UsageError>
std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace parlab
