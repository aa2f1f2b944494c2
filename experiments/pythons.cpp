#include "experiments/pythons.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
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
/// extension that needs it: "has 3.11" or "has 3.14t"; else "lacks" and why not, in a line.
constexpr const char* probe = R"(
import sys
version = "%d.%d" % sys.version_info[:2]
try:
    if sys.version_info < (3, 9):
        raise ImportError("it is Python %s, and 3.9 is the oldest that will do" % version)
    import parlab
except BaseException as error:
    words = " ".join(str(error).split()) or type(error).__name__
    print("lacks numpy" if getattr(error, "name", None) == "numpy" else "lacks " + words)
    raise SystemExit(0)
locked = getattr(sys, "_is_gil_enabled", lambda: True)()
print("has %s%s" % (version, "" if locked else "t"))
)";

/// Looks once at each program.
const CPython& looked_at(const std::string& program) {
  static std::map<std::string, CPython> known;
  const auto [place, is_new] = known.try_emplace(program);
  if (!is_new) return place->second;
  const std::string answer = python_answer(probe, program);
  CPython& found = place->second = {.program = program, .version = "", .why = ""};
  if (answer.starts_with("has "))
    found.version = answer.substr(4);
  else if (answer.starts_with("lacks ") && answer != "lacks numpy")
    found.why = fmt::format("{} cannot import parlab: {}", program, answer.substr(6));
  else
    found.why = fmt::format(
        "{} cannot import parlab; it needs numpy: apt-get install python3-numpy", program);
  return found;
}

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
  CPython found = looked_at(python_program());
  if (found.version.empty()) found.why += "; or set PARLAB_PYTHON to a Python that can";
  return found;
}

CPython free_threaded_python() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets the environment
  if (const char* named = std::getenv("PARLAB_PYTHON_FREE")) {
    CPython found = looked_at(named);
    if (is_free(found.version)) return found;
    const std::string fault =
        found.version.empty() ? found.why : fmt::format("{} has the lock", named);
    return {named, "",
            fmt::format("PARLAB_PYTHON_FREE names {}, which will not do: {}; name a free-threaded "
                        "Python with numpy, or unset it",
                        named, fault)};
  }
  for (const char* program : {"python3.14t", "python3.13t", "python3t"}) {
    CPython found = looked_at(program);
    if (is_free(found.version)) return found;
  }
  return {"", "",
          "no python3.14t, python3.13t or python3t on PATH that imports parlab: install one with "
          "numpy, or name it in PARLAB_PYTHON_FREE"};
}

}  // namespace parlab
