#include "experiments/own_kernel/own_kernel.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/measure/race/arm_process.hpp"
#include "experiments/options/shell_words.hpp"
#include "experiments/own_kernel/kernel_text.hpp"
#include "experiments/own_kernel/loaded_kernel.hpp"
#include "experiments/own_kernel/making_folder.hpp"
#include "experiments/own_kernel/own_plan.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/posix/process/program.hpp"
#include "kernels/posix/wait.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// Of compiled kernels: some 30 kB each.
constexpr std::size_t max_kept = 100;

/// A compiler that takes longer hangs; its loading, too: what is made then may be large.
constexpr std::chrono::seconds max_compilation{300}, max_loading{120};

/// FNV-1a: names what was compiled.
std::string hash_of(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  return fmt::format("own-{:016x}.so", hash);
}

/// A command of several words: `asked`, else $CXX, else what the Python package takes (compiled.py),
/// so that a cell and a kernel are compiled alike.
Words compiler(const std::string& asked) {
  const char* named = std::getenv("CXX");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  Words words = asked.empty() ? shell_words(named != nullptr ? named : "", "CXX")
                              : shell_words(asked, "--compiler");
  if (!words.empty()) return words;
  for (const char* name : {"g++", "c++", "clang++"})
    if (!find_program(name).empty()) return {name};
  return {"g++"};  // which is not there, as the message will say
}

/// Waits for the compiler and what it has started; they are gone before this throws.
ExitStatus ended(ChildProcess compiler, const InterruptionGuard& interruption) {
  const bool any =
      !wait({compiler.ended_fd(), interruption.fd()}, Deadline(max_compilation)).empty();
  interruption.check();
  if (!any)
    throw UsageError(fmt::format("--kernel: the compiler took longer than {} s and was ended",
                                 max_compilation.count()));
  return compiler.wait();
}

/// Whether the compiler succeeds; throws where something ended it. `scratch`: where it puts what it
/// removes itself, unless it is killed.
bool is_compiled(Words words, const fs::path& scratch, const InterruptionGuard& interruption) {
  const std::string name = words.front();
  const Program program{.words = std::move(words),
                        .variables = {{"TMPDIR", scratch.string()}},
                        .group = ProcessGroup::own,  // the compiler starts others
                        .prepare = [&] { interruption.restore_in_child(); }};
  const ExitStatus status = ended(start_program(program), interruption);
  if (status.code == no_such_program)
    throw UsageError(fmt::format(
        "--kernel: there is no compiler '{}': apt-get install g++, or set CXX to one", name));
  if (!status.code)
    throw UsageError(fmt::format("--kernel: the compiler '{}' did not end by itself: {}", name,
                                 status.describe()));
  return status.success();
}

void compile(Words words, const fs::path& file, const fs::path& scratch,
             const InterruptionGuard& interruption) {
  const std::string name = words.front();
  if (!is_compiled(std::move(words), scratch, interruption))
    throw UsageError(
        fmt::format("--kernel: {} does not compile, as {} says above", file.string(), name));
}

/// The compiler with its language, warnings off or on by `more`, and where the file's includes are.
Words command_for(const fs::path& file, const std::string& asked, const std::string& flags,
                  std::initializer_list<const char*> more) {
  Words words = compiler(asked);
  words.emplace_back("-std=c++20");
  words.insert(words.end(), more.begin(), more.end());
  const Words more_flags = shell_words(flags, "--flags");
  words.insert(words.end(), more_flags.begin(), more_flags.end());
  words.push_back("-I" + fs::absolute(file).parent_path().string());
  return words;
}

/// Removes all but the newest, where others may do the same.
void keep_newest(const fs::path& folder) {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (!is_being_made(entry.path()))
      entries.emplace_back(entry.last_write_time(error), entry.path());
  if (entries.size() <= max_kept) return;
  std::ranges::sort(entries, std::greater<>());
  for (std::size_t i = max_kept; i < entries.size(); ++i) fs::remove_all(entries[i].second, error);
}

/// The compiled library, from the folder where it is kept, or made now. What the preprocessor makes
/// of the file names it, macros included: they tell the compiler's version and the processor.
fs::path compiled(const fs::path& file, const std::string& asked, const std::string& flags,
                  const InterruptionGuard& interruption) {
  const fs::path folder = compiled_kernels_folder();
  const std::string source = wrapped(file, source_of(file));
  const MakingFolder making(folder);
  const fs::path cpp = making.path() / "own.cpp", all = making.path() / "own.ii",
                 made = making.path() / "own.so";
  std::ofstream(cpp, std::ios::binary) << source;
  const Words words = command_for(file, asked, flags, {"-O3", "-march=native", "-Wall", "-fPIC"});
  // Not the folder of includes: what they hold is in the preprocessed text.
  const std::string what = fmt::format("{}\n", fmt::join(words.begin(), words.end() - 1, "\n"));
  const auto with = [&words](std::initializer_list<std::string> more) {
    Words longer = words;
    longer.insert(longer.end(), more);
    return longer;
  };
  compile(with({"-E", "-P", "-dD", cpp.string(), "-o", all.string()}), file, making.path(),
          interruption);
  fs::path library = folder / hash_of(what + text_of(all));
  std::error_code error;
  fs::last_write_time(library, fs::file_time_type::clock::now(), error);  // it was of use again
  if (!error) return library;
  compile(with({"-shared", cpp.string(), "-o", made.string()}), file, making.path(), interruption);
  fs::rename(made, library);
  keep_newest(folder);
  return library;
}

/// What a library says of itself, with the names of the arrays. Runs the file's initialisers.
Answer description(const fs::path& library, const std::string& parameters,
                   const std::string& source) {
  LoadedKernel kernel(library, parameters);
  kernel.prepare_once();
  kernel.prepare();
  const own::Table& table = kernel.table();
  const bool grid = table.columns > 0 || table.rows > 0;
  Answer facts = {{"size", grid ? table.rows : table.size},
                  {"whole_size", grid ? table.whole_rows : table.whole_size},
                  {"columns", grid ? table.columns : 0},
                  {"whole_columns", grid ? table.whole_columns : 0},
                  {"bytes", table.bytes},
                  {"flops", table.flops},
                  {"prepare", table.prepare != nullptr},
                  {"expected", table.expected != nullptr},
                  {"answer", table.answer != nullptr},
                  {"grid", grid},
                  {"error", table.error == nullptr ? "" : table.error},
                  {"variants", Answer::array()},
                  {"arrays", Answer::array()},
                  {"parameters", Answer::array()}};
  for (std::size_t i = 0; i < table.variant_count; ++i) {
    const own::Variant& variant = table.variants[i];
    facts["variants"].push_back({variant.name, variant.role, variant.partial_bytes, variant.kind});
  }
  int line = 0, place = 0;
  for (std::size_t i = 0; i < table.array_count; ++i) {
    const own::Array& array = table.arrays[i];
    std::string name = array.name != nullptr ? array.name : fmt::format("array {}", i + 1);
    if (array.name == nullptr) {
      place = array.line == line ? place + 1 : 0;
      line = array.line;
      const auto names = arrays_of_line(source, line);
      if (static_cast<std::size_t>(place) < names.size()) name = names[place];
    }
    facts["arrays"].push_back(
        {name, array.name == nullptr, array.elements, array.element_bytes, array.kind});
  }
  for (std::size_t i = 0; i < table.parameter_count; ++i)
    facts["parameters"].push_back(table.parameters[i].name);
  return facts;
}

OwnKernel kernel_of(const Answer& facts) {
  OwnKernel own;
  own.size = facts["whole_size"];
  own.columns = facts["whole_columns"];
  own.bytes = facts["bytes"];
  own.flops = facts["flops"];
  own.has_expected = facts["expected"];
  own.has_answer = facts["answer"];
  own.has_prepare = facts["prepare"];
  own.parameter_names = facts["parameters"];
  for (const Answer& variant : facts["variants"])
    own.variants.push_back({variant[0], variant[1], variant[2], variant[3]});
  for (const Answer& array : facts["arrays"])
    own.arrays.push_back({array[0], array[1], array[2], array[3], array[4]});
  return own;
}

/// A number that a file gives as the size of its range.
void require_size(const std::string& what, const fs::path& file, double size) {
  if (!(size >= 1 && size < 0x1p64))
    throw UsageError(fmt::format("--kernel: {} in {} is out of range; it must be 1 to 2^64 - 1",
                                 what, file.string()));
}

}  // namespace

std::uint64_t OwnKernel::array_bytes() const {
  std::uint64_t sum = 0;
  for (const OwnArray& array : arrays) sum += array.bytes();
  return sum;
}

fs::path compiled_kernels_folder() {
  for (const auto& [name, below] : {std::pair{"XDG_CACHE_HOME", "."}, {"HOME", ".cache"}}) {
    const char* place = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
    if (place != nullptr && *place != '\0')
      return (fs::absolute(place) / below / "parlab").lexically_normal();
  }
  throw UsageError(
      "--kernel: neither HOME nor XDG_CACHE_HOME is set; set one to a folder for what is compiled");
}

fs::path compile_own_kernel(const fs::path& file, const std::string& compiler,
                            const std::string& flags) {
  const InterruptionGuard interruption;
  return compiled(file, compiler, flags, interruption);
}

bool compile_own_program(const OwnWords& words, const std::string& behind, const Words& more,
                         const fs::path& folder, const fs::path& made,
                         const InterruptionGuard& interruption) {
  const fs::path cpp = folder / "program.cpp";
  std::ofstream(cpp, std::ios::binary) << wrapped(words.file, source_of(words.file)) << behind;
  Words command = command_for(words.file, words.compilers.substr(0, words.compilers.find(',')),
                              words.flags, {"-w"});
  command.insert(command.end(), more.begin(), more.end());
  for (const std::string& word : {cpp.string(), std::string("-o"), made.string()})
    command.push_back(word);
  return is_compiled(std::move(command), folder, interruption);
}

OwnKernel describe_own_kernel(const fs::path& library, const fs::path& file,
                              const std::string& parameters) {
  const InterruptionGuard interruption;
  const std::string source = source_of(file);
  Answer facts;
  try {
    facts = answer_of_process([&] { return description(library, parameters, source); }, max_loading,
                              interruption);
  } catch (const ArmFailed& failed) {
    throw UsageError(
        fmt::format("--kernel: {} cannot be loaded: {}", file.string(), failed.what()));
  }
  if (const std::string error = facts["error"]; !error.empty())
    throw UsageError(fmt::format("--kernel: {}: {}", file.string(), error));
  const bool grid = facts["grid"];
  require_size(grid ? "rows" : "size", file, facts["size"]);
  if (grid) require_size("columns", file, facts["columns"]);
  OwnKernel own = kernel_of(facts);
  own.library = library;
  own.parameters = parameters;
  own.uses_atomics = source.find("atomic") != std::string::npos;
  for (const OwnVariant& variant : own.variants)
    if (variant.partial_bytes == 0 && own.arrays.empty() && !own.has_answer)
      throw UsageError(fmt::format(
          "--kernel: {0} in {1} returns nothing, and writes to no array that parlab can check: "
          "make what it writes a parlab::array, as in `parlab::array<double> z(size);` (processes "
          "do not share a std::vector), or return a value",
          variant.name, file.string()));
  return own;
}

}  // namespace parlab
