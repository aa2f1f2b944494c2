#pragma once

// The methods by which Python can call parlab's C library, and which of them this Python has.

#include <optional>
#include <string>
#include <vector>

namespace parlab {

struct CallMethod {
  std::string name;     // "pybind11"
  std::string module;   // of the package parlab_calls; "parlab" is the package of that name
  std::string what;     // in a few words
  std::string package;  // Debian's, that it needs; "" where numpy is enough
};

/// All of them, from the least that stands around a call to the most.
const std::vector<CallMethod>& call_methods();

struct PythonCalls {
  std::string version;               // "3.11"
  std::vector<std::string> modules;  // that can be imported
};

/// Asks the Python; none where it cannot import parlab. Takes as long as Python takes to start.
std::optional<PythonCalls> python_calls();

/// Why a method is missing, with what to do; "" where it is there.
std::string why_missing(const CallMethod& method, const std::optional<PythonCalls>& calls);

}  // namespace parlab
