#include "kernels/network/crawler/mirror/link_rewriter.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace parlab {
namespace {

/// What stands for a picture or a script that the mirror lacks: nothing, without a request.
constexpr std::string_view nothing = "data:,";

void append_escaped(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

/// Escaped so that it ends no attribute, string, bracket or list. `kept` stays beside letters and digits.
std::string escaped_for_markup(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || kept.find(c) != std::string::npos);
    if (is_plain)
      out += c;
    else
      append_escaped(out, c);
  }
  return out;
}

/// A whole address in an attribute.
std::string in_attribute(std::string_view address) {
  std::string out;
  for (const char c : address) {
    if (c == '&')
      out += "&amp;";
    else if (c == '\'' || c == '"' || c == '`' || c == '<' || c == '>')
      append_escaped(out, c);
    else
      out += c;
  }
  return out;
}

/// With its mark; empty where there is none.
std::string fragment_in_markup(std::string_view reference) {
  const std::size_t mark = reference.find('#');
  if (mark == std::string_view::npos) return {};
  return "#" + escaped_for_markup(reference.substr(mark + 1), "%-._~/@=+!:*?$;");
}

struct Replacement {
  std::size_t begin, end;
  std::string text;
};

}  // namespace

std::string relative_reference(std::string_view from, std::string_view to) {
  std::size_t same = 0;  // up to the last folder that both are in
  for (std::size_t i = 0; i < from.size() && i < to.size() && from[i] == to[i]; ++i)
    if (from[i] == '/') same = i + 1;
  std::string up;
  for (std::size_t n = static_cast<std::size_t>(std::ranges::count(from.substr(same), '/')); n > 0;
       --n)
    up += "../";
  return up + escaped_for_markup(to.substr(same), "-._~/@=+!");
}

std::string rewritten(ReadPage& page, const std::string& file, const FileOfAddress& file_of) {
  const std::string& text = page.text();
  const PageReferences& found = page.found();
  std::vector<Replacement> replacements;
  for (const Reference& reference : found.references) {
    const auto& target = page.target(reference);
    if (!target) continue;  // mailto:, data: and the like stay
    const auto target_file = file_of(*target, reference);
    std::string instead;
    if (target_file && *target_file == file && reference.url.find('#') != std::string::npos)
      instead = fragment_in_markup(reference.url);
    else if (target_file)
      instead = relative_reference(file, *target_file) + fragment_in_markup(reference.url);
    else if (is_shown(reference))
      instead = nothing;
    else
      instead = in_attribute(target->text()) + fragment_in_markup(reference.url);
    replacements.push_back({reference.begin, reference.end, std::move(instead)});
  }
  if (found.base_end > 0) replacements.push_back({found.base_begin, found.base_end, ""});
  for (const auto& [begin, end] : found.online_only) replacements.push_back({begin, end, ""});
  std::ranges::sort(replacements, {}, &Replacement::begin);
  const bool is_ascii = std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; });
  std::string out = is_ascii ? "" : "\xEF\xBB\xBF";
  std::size_t done = 0;
  for (const Replacement& one : replacements) {
    if (one.begin < done) continue;
    out.append(text, done, one.begin - done).append(one.text);
    done = one.end;
  }
  return out.append(text, done);
}

}  // namespace parlab
