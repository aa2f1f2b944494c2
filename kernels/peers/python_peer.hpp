#pragma once

// Peers that are scripts in a Python, which stands by: its start, imports and compiling are over
// before anything is timed.

#include <memory>
#include <string>

#include "kernels/peers/peer.hpp"
#include "kernels/posix/process/python_process.hpp"

namespace parlab {

/// Serves the functions of a script, which stand before it: each line names one and its whole
/// numbers, and is answered by what that returns.
constexpr char serve_functions[] = R"(
import sys
for line in sys.stdin:
    name, *numbers = line.split()
    print(globals()[name](*map(int, numbers)), flush=True)
)";

/// Calls a function of a script in each run: "darts 0 1000 1".
inline PeerRun calls_of(const FoundPython& python, const std::string& script,
                        const std::string& call) {
  const auto process = std::make_shared<PythonProcess>(python.path, script + serve_functions);
  return [process, call] { return process->ask_number(call); };
}

/// The first Python that has a package, and the package's version.
inline FoundPython python_with(const std::string& package) {
  return find_python("import sys\ntry:\n    from " + package +
                     " import __version__ as version\nexcept ImportError:\n    version = ''\n"
                     "sys.stdin.readline()\nprint(version, flush=True)\n");
}

/// Its answer is the version; `cure` where there is none.
inline PeerState state_of(const FoundPython& python, const char* cure) {
  return python.path.empty() ? PeerState{"", cure} : PeerState{python.answer, ""};
}

}  // namespace parlab
