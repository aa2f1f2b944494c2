#include "kernels/network/crawler/mirror/mirror_names.hpp"

#include <fmt/format.h>
#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <vector>

#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/utf8.hpp"
#include "kernels/network/crawler/page_folder.hpp"
#include "kernels/network/crawler/parsing/escapes.hpp"

namespace parlab {
namespace {

/// Below what file systems take (255 bytes), with room for a hash and an ending.
constexpr std::size_t longest_name = 180;
/// Below what systems take for a path (Windows 260, Linux 4096), with room for the folder's own.
constexpr std::size_t longest_path = 1000;

/// FNV-1a.
std::string hash_of_text(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return fmt::format("{:016x}", hash);
}

/// As file systems compare names that do not tell capital letters from small ones: in all alphabets, by the tables of
/// the C library, which know no language.
std::string folded(std::string_view path) {
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::string out;
  while (!path.empty()) {
    const Utf8Character character = first_character(path);
    const auto code = static_cast<wint_t>(character.code);
    if (!character.is_valid)
      out += path.substr(0, character.bytes);
    else if (code < 0x80 || unicode == nullptr)
      append_utf8(out,
                  code < 0x80 ? static_cast<char32_t>(std::tolower(static_cast<int>(code))) : code);
    else  // by capitals, which join what two small letters share
      append_utf8(out, static_cast<char32_t>(towlower_l(towupper_l(code, unicode), unicode)));
    path.remove_prefix(character.bytes);
  }
  return out;
}

/// Whether Unicode has another form for it (normalization): some file systems keep only one of the two. Marks that
/// combine, jamos, and characters that stand for others.
bool has_other_form(char32_t code) {
  return (code >= 0x300 && code < 0x370) || (code >= 0x1100 && code < 0x1200) ||
         (code >= 0x1AB0 && code < 0x1B00) || (code >= 0x1DC0 && code < 0x1E00) ||
         (code >= 0x20D0 && code < 0x2100) || code == 0x2126 || code == 0x212A || code == 0x212B ||
         (code >= 0x3099 && code <= 0x309A) || (code >= 0xF900 && code < 0xFB00) ||
         (code >= 0xFE20 && code < 0xFE30) || (code >= 0x2F800 && code < 0x2FA20);
}

bool has_other_form(std::string_view name) {
  while (!name.empty()) {
    const Utf8Character character = first_character(name);
    if (has_other_form(character.code)) return true;
    name.remove_prefix(character.bytes);
  }
  return false;
}

/// Whether Windows takes it for a device, whatever its ending, also with a superscript digit.
bool is_device(std::string_view name) {
  const std::string stem = lower(trimmed(name.substr(0, name.find('.'))));
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul" || stem == "conin$" ||
      stem == "conout$")
    return true;
  if (!stem.starts_with("com") && !stem.starts_with("lpt")) return false;
  const std::string_view digit = std::string_view(stem).substr(3);
  return (digit.size() == 1 && std::isdigit(static_cast<unsigned char>(digit[0])) != 0) ||
         digit == "\xC2\xB9" || digit == "\xC2\xB2" || digit == "\xC2\xB3";
}

std::string escaped_byte(char c) { return fmt::format("%{:02X}", static_cast<unsigned char>(c)); }

struct NameParts {
  std::string stem, ending;  // "a" and ".html" of "a.html"
};

NameParts parts_of(const std::string& name) {
  constexpr std::size_t longest_ending = 12;
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || name.size() - dot > longest_ending) return {name, ""};
  return {name.substr(0, dot), name.substr(dot)};
}

/// The ending that tells browsers the type; the first one is given. Empty for types that they recognize.
std::vector<std::string_view> endings_of(std::string_view content_type) {
  const std::string type = lower(trimmed(content_type.substr(0, content_type.find(';'))));
  if (type == "text/html") return {".html", ".htm"};
  if (type == "application/xhtml+xml") return {".xhtml", ".xht"};
  if (type == "text/css") return {".css"};
  if (type == "image/svg+xml") return {".svg"};
  if (type == "text/javascript" || type == "application/javascript") return {".js", ".mjs"};
  return {};
}

}  // namespace

std::string safe_file_name(std::string_view escaped) {
  const std::string decoded = without_escapes(escaped);
  std::string name;
  for (std::string_view rest = decoded; !rest.empty();) {
    const Utf8Character character = first_character(rest);
    const char c = rest[0];
    const bool is_odd = is_control(character.code) ||
                        std::string_view("<>:\"|?*\\/").find(c) != std::string_view::npos;
    if (!character.is_valid || is_odd)
      for (const char byte : rest.substr(0, character.bytes)) name += escaped_byte(byte);
    else
      name += rest.substr(0, character.bytes);
    rest.remove_prefix(character.bytes);
  }
  if (name.empty()) return "_";
  if (name == "." || name == "..") return name == "." ? "%2E" : "%2E%2E";
  if (name.back() == '.' || name.back() == ' ') {
    const char last = name.back();
    name.pop_back();
    name += escaped_byte(last);
  }
  if (is_device(name) || name.starts_with(part_file_name)) name.insert(0, "_");
  if (name.size() <= longest_name) return name;
  const std::string ending = parts_of(name).ending;
  std::size_t end = longest_name - ending.size();
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  return name.substr(0, end) + "-" + hash_of_text(name) + ending;
}

std::string wanted_path(const Address& address, std::string_view content_type) {
  std::string path = address.host();
  if (!address.has_default_port()) path += fmt::format("_{}", address.port());
  path = safe_file_name(path);
  std::string_view target = address.target();
  const std::size_t mark = target.find('?');
  std::string_view query;
  if (mark != std::string_view::npos) query = target.substr(mark + 1);
  target = target.substr(1, std::min(mark, target.size()) - 1);
  for (std::size_t slash = target.find('/'); slash != std::string_view::npos;
       slash = target.find('/')) {
    path += "/" + safe_file_name(target.substr(0, slash));
    target.remove_prefix(slash + 1);
  }
  NameParts name = parts_of(target.empty() ? "index" : safe_file_name(target));
  if (mark != std::string_view::npos)
    name.stem = safe_file_name(name.stem + "@" + std::string(query));
  const auto endings = endings_of(content_type);
  if (!endings.empty() && std::ranges::find(endings, lower(name.ending)) == endings.end())
    name.ending += endings[0];
  path += "/" + name.stem + name.ending;
  if (path.size() <= longest_path) return path;
  return fmt::format("{}/_long/{}{}", path.substr(0, path.find('/')), hash_of_text(address.text()),
                     name.ending);
}

/// Neither a file nor a folder, and no part of its way is a file.
bool MirrorNames::is_free(const std::string& path) const {
  const std::string name = folded(path);
  if (files_.contains(name) || folders_.contains(name)) return false;
  for (std::size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1))
    if (files_.contains(name.substr(0, slash))) return false;
  return true;
}

void MirrorNames::note(const std::string& path) {
  const std::string name = folded(path);
  files_.insert(name);
  for (std::size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1))
    folders_.insert(name.substr(0, slash));
}

bool MirrorNames::take(const std::string& path) {
  if (path.find('/') == std::string::npos || path.starts_with('/') || path.ends_with('/'))
    return false;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos)
      return false;
    begin = end + 1;
  }
  if (!is_free(path)) return false;
  note(path);
  return true;
}

std::string MirrorNames::path_for(const Address& address, std::string_view content_type) {
  const std::string wanted = wanted_path(address, content_type);
  std::string path;
  // Folders whose name a file has.
  for (std::size_t begin = 0;;) {
    const std::size_t end = wanted.find('/', begin);
    path += wanted.substr(begin, end - begin);
    if (end == std::string::npos) break;
    while (files_.contains(folded(path))) path += "_";
    path += "/";
    begin = end + 1;
  }
  if (has_other_form(path) || !is_free(path)) {
    const std::size_t slash = path.rfind('/');
    const NameParts name = parts_of(path.substr(slash + 1));
    path = path.substr(0, slash + 1) + name.stem + "-" + hash_of_text(address.text()) + name.ending;
    while (!is_free(path)) path += "_";
  }
  note(path);
  return path;
}

}  // namespace parlab
