#include "experiments/pythons.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "experiments/measure/this_program.hpp"

namespace parlab {
namespace {

/// Where Python finds the package parlab.
std::string python_path() {
  const auto own_folder = program_file().parent_path();
  std::string path = (own_folder / "python").string();
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(own_folder.parent_path() / "lib", none))
    if (entry.path().filename().string().starts_with("python"))
      path.append(":").append((entry.path() / "dist-packages").string());
  return path;
}

/// Of a Python that imports parlab, and does so without its lock coming back, as it does for an
/// extension that needs it: "3.11" or "3.14t".
constexpr const char* version_code = R"(
import sys
try:
    import parlab
except ImportError:
    raise SystemExit(1)
locked = getattr(sys, "_is_gil_enabled", lambda: True)()
print("%d.%d%s" % (*sys.version_info[:2], "" if locked else "t"))
)";

bool is_free(std::string_view version) { return version.ends_with('t'); }

}  // namespace

std::shared_ptr<PythonProcess> start_python(const std::string& program, const std::string& script,
                                            const std::vector<std::string>& arguments) {
  return std::make_shared<PythonProcess>(program, script, arguments, python_path());
}

std::string python_answer(const std::string& code, const std::string& program) {
  try {
    return start_python(program, "input()\n" + code)->ask("");
  } catch (const std::exception&) {
    return "";
  }
}

CPython locked_python() {
  CPython found{.program = python_program(), .version = python_answer(version_code), .why = ""};
  if (found.version.empty())
    found.why = fmt::format(
        "{} cannot import parlab; it needs numpy: apt-get install python3-numpy, or set "
        "PARLAB_PYTHON to a Python that has it",
        found.program);
  return found;
}

CPython free_threaded_python() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets the environment
  if (const char* named = std::getenv("PARLAB_PYTHON_FREE")) {
    const std::string version = python_answer(version_code, named);
    if (is_free(version)) return {named, version, ""};
    return {named, "",
            fmt::format("PARLAB_PYTHON_FREE names {}, which {}: name a free-threaded Python with "
                        "numpy, or unset it",
                        named, version.empty() ? "cannot import parlab" : "has the lock")};
  }
  for (const char* program : {"python3.14t", "python3.13t", "python3t"}) {
    const std::string version = python_answer(version_code, program);
    if (is_free(version)) return {program, version, ""};
  }
  return {"", "",
          "no python3.14t, python3.13t or python3t on PATH that imports parlab: install one with "
          "numpy, or name it in PARLAB_PYTHON_FREE"};
}

}  // namespace parlab
