#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <typeinfo>

#include "kernels/sharing/pool/pool_chunk.hpp"

namespace parlab {

std::pair<std::string, std::string> describe_current_exception() {
  std::string type = "an exception of no known type";
  if (const std::type_info* info = abi::__cxa_current_exception_type()) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(info->name(), nullptr, nullptr, &status), std::free);
    type = name ? name.get() : info->name();
  }
  try {
    throw;
  } catch (const std::exception& error) {
    return {type, error.what()};
  } catch (...) {
    return {type, "a task threw " + type + ", which is not a std::exception"};
  }
}

}  // namespace parlab
