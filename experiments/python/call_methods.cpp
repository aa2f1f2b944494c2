#include "experiments/python/call_methods.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "experiments/python/pythons.hpp"

namespace parlab {

const std::vector<CallMethod>& call_methods() {
  static const std::vector<CallMethod> methods = {
      {"Cython", "by_cython", "C written by Cython, typed memoryviews", "cython3, python3-dev"},
      {"pybind11", "by_pybind11", "a C++ module, numpy arrays by type",
       "pybind11-dev, python3-dev"},
      {"cffi API", "by_cffi_api", "C written by cffi, with some custom code",
       "python3-cffi, python3-dev"},
      {"cffi ABI", "by_cffi_abi", "declarations read at import, no compiler", "python3-cffi"},
      {"ctypes", "by_ctypes", "part of Python, no compiler", ""},
      {"parlab", "parlab", "over ctypes, with checks, backends and Ctrl-C", ""},
  };
  return methods;
}

std::optional<PythonCalls> python_calls() {
  std::istringstream words(
      python_answer("import sys, parlab\n"
                    "try:\n"
                    "  import parlab_calls; found = list(parlab_calls.available())\n"
                    "except ImportError: found = []\n"
                    "print('%d.%d' % sys.version_info[:2], 'parlab', *found)"));
  PythonCalls calls;
  if (!(words >> calls.version)) return std::nullopt;
  for (std::string module; words >> module;) calls.modules.push_back(module);
  return calls;
}

std::string why_missing(const CallMethod& method, const std::optional<PythonCalls>& calls) {
  if (!calls) return locked_python().why;
  if (std::ranges::find(calls->modules, method.module) != calls->modules.end()) return "";
  if (method.package.empty()) return "not built: make build";
  return fmt::format("not built: install {}, then make build", method.package);
}

}  // namespace parlab
