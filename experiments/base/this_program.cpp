#include "experiments/base/this_program.hpp"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
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

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto number = static_cast<unsigned char>(byte);
    (text += digits[number / 16]) += digits[number % 16];
  }
  return text;
}

/// Of a segment of notes: a name and a description each, filled up to a multiple of 4 bytes.
std::string build_id_in(std::string_view notes) {
  const auto filled = [](std::size_t size) { return (size + 3) / 4 * 4; };
  ElfW(Nhdr) head;
  while (notes.size() >= sizeof(head)) {
    std::memcpy(&head, notes.data(), sizeof(head));
    notes.remove_prefix(sizeof(head));
    const std::size_t size = filled(head.n_namesz) + filled(head.n_descsz);
    if (size > notes.size()) return "";
    if (head.n_type == NT_GNU_BUILD_ID && notes.starts_with("GNU"))
      return hexadecimal(notes.substr(filled(head.n_namesz), head.n_descsz));
    notes.remove_prefix(size);
  }
  return "";
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

std::string build_id() {
  std::string id;
  const auto look = [](dl_phdr_info* info, std::size_t, void* found) {
    const auto here = reinterpret_cast<std::uintptr_t>(&remember_start);
    const std::span segments(info->dlpi_phdr, info->dlpi_phnum);
    const bool is_this = std::ranges::any_of(segments, [&](const ElfW(Phdr) & segment) {
      const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
      return segment.p_type == PT_LOAD && begin <= here && here < begin + segment.p_memsz;
    });
    if (!is_this) return 0;
    auto& id = *static_cast<std::string*>(found);
    for (const ElfW(Phdr) & segment : segments)
      if (segment.p_type == PT_NOTE && id.empty())
        id = build_id_in(
            {reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr), segment.p_memsz});
    return 1;
  };
  dl_iterate_phdr(look, &id);
  return id;
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
