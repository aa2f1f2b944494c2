#include "experiments/own_kernel/own_kernel.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <system_error>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/base/shell_words.hpp"
#include "experiments/measure/race/arm_process.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/posix/program.hpp"
#include "kernels/posix/wait.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// Of compiled kernels: some 30 kB each.
constexpr std::size_t most_kept = 100;

/// A compiler that takes longer hangs; its loading, too: what is made then may be large.
constexpr std::chrono::seconds longest_compilation{300}, longest_loading{120};

std::string text_of(const fs::path& file) {
  std::error_code none;
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file, none))
    throw UsageError(fmt::format("--kernel: cannot read {}: name a C++ file", file.string()));
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The file's text as a compiler takes it, however an editor wrote it: without a byte order mark,
/// with lines that end in a newline alone, and without #pragma once, of which it would warn.
std::string source_of(const fs::path& file) {
  static const std::regex once(R"([ \t]*#[ \t]*pragma[ \t]+once[ \t]*(//.*|/\*.*\*/[ \t]*)?)");
  constexpr std::size_t longest_once = 200;  // a regex's stack grows with the line
  const std::string text = text_of(file);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw UsageError(fmt::format("--kernel: {} is UTF-16: save it as UTF-8", file.string()));
  std::istringstream lines(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
  std::string source;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() > longest_once || !std::regex_match(line, once)) source += line;
    if (!lines.eof()) source += '\n';
  }
  return source;
}

/// As a string literal says it.
std::string quoted(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    result += letter == '\n' ? ' ' : letter;
  }
  return result;
}

/// The file, and the calls of it that have a name for dlsym. What it need not define, or forgot, is
/// found in parlab_absent: a qualified name looks there last.
std::string wrapped(const fs::path& file, const std::string& source) {
  constexpr char before[] = R"(#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>
)";
  constexpr char after[] = R"(
#line 1 "how parlab calls your kernel"
struct ParlabAbsent {};
namespace parlab_absent { ParlabAbsent size, kernel, expected; }
using namespace parlab_absent;
template <class T> constexpr bool parlab_is_absent = std::is_same_v<std::remove_cvref_t<T>, ParlabAbsent>;
static_assert(!parlab_is_absent<decltype(::size)>, "the file has no `size`: add `constexpr std::uint64_t size = 1000;`");
static_assert(parlab_is_absent<decltype(::size)> || std::is_arithmetic_v<std::remove_cvref_t<decltype(::size)>>, "size must be a number");
template <class T> using ParlabSum =
    std::conditional_t<std::is_floating_point_v<T>, double, std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;
constexpr auto parlab_part = [](auto begin, auto end) {
  if constexpr (requires { ::kernel(begin, end); }) {
    return ::kernel(begin, end);
  } else if constexpr (requires { ::kernel(begin); }) {
    using Given = std::remove_cvref_t<decltype(::kernel(begin))>;
    if constexpr (std::is_arithmetic_v<Given>) {
      ParlabSum<Given> sum{};
      for (auto i = begin; i < end; ++i) sum += ::kernel(i);
      return sum;
    }
  } else {
    static_assert(parlab_is_absent<decltype(begin)>, "the file has no `kernel` that takes (i) or (begin, end), std::uint64_t each");
    return 0;
  }
};
using ParlabPart = decltype(parlab_part(std::uint64_t{}, std::uint64_t{}));
static_assert(std::is_arithmetic_v<ParlabPart>, "kernel must return a number: what it gives is added up");
using ParlabAnswer = std::conditional_t<std::is_arithmetic_v<ParlabPart>, ParlabSum<ParlabPart>, double>;
constexpr auto parlab_right = [](auto... none) {
  if constexpr (requires { ::expected(none...); }) return ::expected(none...);
  else return ::expected;
};
constexpr bool parlab_expects = !parlab_is_absent<decltype(parlab_right())>;
extern "C" {
double parlab_own_size() { return double(::size); }
std::uint64_t parlab_own_whole_size() { return std::uint64_t(::size); }
int parlab_own_type() { return std::is_floating_point_v<ParlabAnswer> ? 2 : std::is_signed_v<ParlabAnswer> ? 1 : 0; }
bool parlab_own_expects() { return parlab_expects; }
ParlabAnswer parlab_own_kernel(std::uint64_t begin, std::uint64_t end) { return ParlabAnswer(parlab_part(begin, end)); }
ParlabAnswer parlab_own_expected() {
  return [](auto right) {
    if constexpr (parlab_is_absent<decltype(right)>) return ParlabAnswer{};
    else return ParlabAnswer(right);
  }(parlab_right());
}
}
)";
  return fmt::format("{}#line 1 \"{}\"\n{}{}", before, quoted(file.string()), source, after);
}

/// FNV-1a: names what was compiled.
std::string hash_of(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  return fmt::format("own-{:016x}.so", hash);
}

/// $CXX may be a command of several words.
Words compiler() {
  const char* named = std::getenv("CXX");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  Words words = shell_words(named != nullptr ? named : "", "CXX");
  return words.empty() ? Words{"c++"} : words;
}

/// Waits for the compiler and what it has started; they are gone before this throws.
ExitStatus ended(ChildProcess compiler, const InterruptionGuard& interruption) {
  const bool any =
      !wait({compiler.ended_fd(), interruption.fd()}, Deadline(longest_compilation)).empty();
  interruption.check();
  if (!any)
    throw UsageError(fmt::format("--kernel: the compiler took longer than {} s and was ended",
                                 longest_compilation.count()));
  return compiler.wait();
}

/// `scratch`: where the compiler puts what it removes itself, unless it is killed.
void compile(Words words, const fs::path& file, const fs::path& scratch,
             const InterruptionGuard& interruption) {
  const std::string name = words.front();
  const Program program{.words = std::move(words),
                        .variables = {{"TMPDIR", scratch.string()}},
                        .group = ProcessGroup::own,  // the compiler starts others
                        .prepare = [&] { interruption.restore_in_child(); }};
  const ExitStatus status = ended(start_program(program), interruption);
  if (status.code == no_such_program)
    throw UsageError(fmt::format(
        "--kernel: there is no compiler '{}': apt-get install g++, or set CXX to one", name));
  if (!status.success())
    throw UsageError(
        fmt::format("--kernel: {} does not compile, as {} says above", file.string(), name));
}

/// A folder for what is being made, gone at the end however it comes.
class MakingFolder {
 public:
  explicit MakingFolder(const fs::path& parent) {
    std::string name = (parent / "making.XXXXXX").string();
    std::error_code error;
    fs::create_directories(parent, error);
    if (mkdtemp(name.data()) == nullptr)
      throw UsageError(
          fmt::format("--kernel: cannot write to {}: {}; set XDG_CACHE_HOME to a "
                      "folder that may be written",
                      parent.string(), std::generic_category().message(errno)));
    path_ = name;
  }
  MakingFolder(const MakingFolder&) = delete;
  MakingFolder& operator=(const MakingFolder&) = delete;
  ~MakingFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Removes all but the newest, where others may do the same.
void keep_newest(const fs::path& folder) {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    entries.emplace_back(entry.last_write_time(error), entry.path());
  if (entries.size() <= most_kept) return;
  std::ranges::sort(entries, std::greater<>());
  for (std::size_t i = most_kept; i < entries.size(); ++i) fs::remove_all(entries[i].second, error);
}

/// The compiled library, from the folder where it is kept, or made now. What the preprocessor makes
/// of the file names it, macros included: they tell the compiler's version and the processor.
fs::path compiled(const fs::path& file, const std::string& flags,
                  const InterruptionGuard& interruption) {
  const fs::path folder = compiled_kernels_folder();
  const std::string source = wrapped(file, source_of(file));
  const Words more_flags = shell_words(flags, "--flags");
  const MakingFolder making(folder);
  const fs::path cpp = making.path() / "own.cpp", all = making.path() / "own.ii",
                 made = making.path() / "own.so";
  std::ofstream(cpp, std::ios::binary) << source;
  Words words = compiler();
  for (const char* word : {"-std=c++20", "-O3", "-march=native", "-Wall", "-fPIC"})
    words.emplace_back(word);
  words.insert(words.end(), more_flags.begin(), more_flags.end());
  std::string what = fmt::format("{}\n", fmt::join(words, "\n"));
  words.push_back("-I" + fs::absolute(file).parent_path().string());
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

void* opened(const fs::path& library) {
  void* handle =
      dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // for as long as the process lives
  if (handle == nullptr)
    throw std::runtime_error(fmt::format("cannot load the compiled kernel: {}",
                                         dlerror()));  // NOLINT(concurrency-mt-unsafe)
  return handle;
}

template <class Function>
Function symbol(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

/// What a library says of itself: [size, type, has_expected]. Runs the file's initialisers.
Answer description(const fs::path& library) {
  void* handle = opened(library);
  const double size = symbol<double (*)()>(handle, "parlab_own_size")();
  const bool valid = size >= 1 && size < 0x1p64;
  return {valid ? symbol<std::uint64_t (*)()>(handle, "parlab_own_whole_size")() : 0,
          symbol<int (*)()>(handle, "parlab_own_type")(),
          symbol<bool (*)()>(handle, "parlab_own_expects")()};
}

}  // namespace

fs::path compiled_kernels_folder() {
  for (const auto& [name, below] : {std::pair{"XDG_CACHE_HOME", "."}, {"HOME", ".cache"}}) {
    const char* place = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
    if (place != nullptr && *place != '\0')
      return (fs::absolute(place) / below / "parlab").lexically_normal();
  }
  throw UsageError(
      "--kernel: neither HOME nor XDG_CACHE_HOME is set; set one to a folder for what is compiled");
}

OwnKernel compile_own_kernel(const fs::path& file, const std::string& flags) {
  const InterruptionGuard interruption;
  OwnKernel own{.library = compiled(file, flags, interruption)};
  try {
    const Answer facts =
        answer_of_process([&] { return description(own.library); }, longest_loading, interruption);
    own.size = facts[0];
    own.type = static_cast<OwnKernel::Type>(facts[1].get<int>());
    own.has_expected = facts[2];
  } catch (const ArmFailed& failed) {
    throw UsageError(
        fmt::format("--kernel: {} cannot be loaded: {}", file.string(), failed.what()));
  }
  if (own.size == 0)
    throw UsageError(fmt::format("--kernel: size in {} is out of range; it must be 1 to 2^64 - 1",
                                 file.string()));
  return own;
}

LoadedKernel::LoadedKernel(const OwnKernel& own) : own_(own) {
  void* handle = opened(own.library);
  whole_ = symbol<decltype(whole_)>(handle, "parlab_own_kernel");
  real_ = symbol<decltype(real_)>(handle, "parlab_own_kernel");
  whole_expected_ = symbol<decltype(whole_expected_)>(handle, "parlab_own_expected");
  real_expected_ = symbol<decltype(real_expected_)>(handle, "parlab_own_expected");
}

Answer LoadedKernel::expected() const {
  if (own_.type == OwnKernel::Type::real)
    return answer(own_.has_expected ? real_expected_() : real_(0, own_.size));
  return answer(own_.has_expected ? whole_expected_() : whole_(0, own_.size));
}

Answer LoadedKernel::answer(std::uint64_t sum) const {
  if (own_.type == OwnKernel::Type::signed_whole) return static_cast<std::int64_t>(sum);
  return sum;
}

Answer LoadedKernel::answer(double sum) {
  if (!std::isfinite(sum))
    throw std::runtime_error(fmt::format("the answer is {}, which cannot be compared", sum));
  return sum;
}

}  // namespace parlab
