#include "kernels/network/crawler/mirror/link_rewriter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/references/html_references.hpp"

namespace parlab {
namespace {

/// What stands for a picture or a script that the mirror lacks: nothing, without a request.
constexpr std::string_view nothing = "data:,";

/// Escaped so that it ends no attribute, string, bracket or list. `kept` stays beside letters and digits.
std::string escaped_for_markup(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || kept.find(c) != std::string::npos);
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
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
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
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

/// Whether a browser asks for it when it shows the page.
bool is_loaded(const Reference& reference) {
  return reference.use == ReferenceUse::resource || reference.use == ReferenceUse::style ||
         is_frame(reference);
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

std::string rewritten(RewrittenKind kind, const Address& address, std::string_view content_type,
                      std::string_view body, const std::string& file,
                      const FileOfAddress& file_of) {
  const Charset charset = Charset::of_page(content_type, body);
  const std::string text = charset.to_utf8(body);
  const bool is_xml = lower(content_type).find("xhtml") != std::string::npos;
  const PageReferences found = kind == RewrittenKind::html ? references_of_html(text, is_xml)
                                                           : references_of_style_sheet(text);
  const Address base = address.resolve(found.base, charset).value_or(address);
  std::vector<Replacement> replacements;
  for (const Reference& reference : found.references) {
    const auto target = base.resolve(reference.url, charset);
    if (!target) continue;  // mailto:, data: and the like stay
    const auto target_file = file_of(*target);
    std::string instead;
    if (target_file && *target_file == file && reference.url.find('#') != std::string::npos)
      instead = fragment_in_markup(reference.url);
    else if (target_file)
      instead = relative_reference(file, *target_file) + fragment_in_markup(reference.url);
    else if (is_loaded(reference))
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
