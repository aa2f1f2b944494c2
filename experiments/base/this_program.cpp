#include "experiments/base/this_program.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>

#include "kernels/posix/process/program.hpp"

namespace parlab {
namespace {

/// Words that main() was given: the program's name and its arguments.
std::vector<std::string>& started_with() {
  static std::vector<std::string> words;
  return words;
}

/// All words that the kernel was given, the loader and its options among them.
std::vector<std::string> command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

/// Of a line of /proc/self/maps, "begin-end rights offset device inode   path": the path, where the
/// address lies in it.
std::string path_of_mapping(const std::string& line, std::uintptr_t address) {
  std::uintptr_t begin = 0, end = 0;
  const char* const last = line.data() + line.size();
  const auto dash = std::from_chars(line.data(), last, begin, 16);
  if (dash.ec != std::errc{} || dash.ptr == last) return "";
  if (std::from_chars(dash.ptr + 1, last, end, 16).ec != std::errc{}) return "";
  const std::size_t slash = line.find('/');
  return begin <= address && address < end && slash != std::string::npos ? line.substr(slash) : "";
}

}  // namespace

void remember_start(int count, const char* const* values) {
  started_with().assign(values, values + count);
}

std::filesystem::path program_file() {
  const auto here = reinterpret_cast<std::uintptr_t>(&remember_start);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (std::string path = path_of_mapping(line, here); !path.empty()) return path;
  std::error_code unreadable;
  return std::filesystem::read_symlink("/proc/self/exe", unreadable);
}

void start_again(const std::vector<std::string>& words,
                 const std::map<std::string, std::string>& variables) {
  const std::vector<std::string>& own = started_with();
  std::vector<std::string> all = command_line();
  // What stands before the program's name started it: the loader with its options.
  all.resize(all.size() > own.size() ? all.size() - own.size() : 0);
  if (!all.empty() && own.front().find('/') != std::string::npos &&
      access(own.front().c_str(), R_OK) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot start " + own.front());
  all.push_back(own.empty() ? "parlab" : own.front());
  all.insert(all.end(), words.begin(), words.end());
  become_program("/proc/self/exe", all, {variables.begin(), variables.end()});
  throw std::system_error(errno, std::generic_category(), "cannot restart parlab");
}

}  // namespace parlab
