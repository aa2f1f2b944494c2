#include "kernels/network/crawler/page_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace parlab {
namespace {

void append_text(std::string& out, std::string_view text) {
  const bool is_plain = std::ranges::all_of(
      text, [](char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; });
  if (is_plain)
    out.append("\"").append(text).append("\"");
  else
    out += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void JsonFields::begin(std::string_view name) {
  if (!fields_.empty()) fields_ += ',';
  append_text(fields_, name);
  fields_ += ':';
}

void JsonFields::add(std::string_view name, std::string_view text) {
  begin(name);
  append_text(fields_, text);
}

void JsonFields::add(std::string_view name, std::uint64_t number) {
  begin(name);
  fmt::format_to(std::back_inserter(fields_), "{}", number);
}

void JsonFields::add(std::string_view name, double number) {
  begin(name);
  fmt::format_to(std::back_inserter(fields_), "{}", number);
}

void JsonFields::add_or_null(std::string_view name, std::string_view text) {
  if (!text.empty()) return add(name, text);
  begin(name);
  fields_ += "null";
}

void JsonFields::add(std::string_view name, const JsonFields& object) {
  begin(name);
  fields_ += object.text();
}

void JsonFields::add_all(std::string_view object) {
  constexpr std::size_t brackets = 2;
  if (object.size() <= brackets) return;
  if (!fields_.empty()) fields_ += ',';
  fields_ += object.substr(1, object.size() - brackets);
}

std::string page_line(const PageLine& page) {
  const PageResult& result = page.result;
  JsonFields line;
  line.add("url", page.url);
  line.add("status", static_cast<std::uint64_t>(result.status));
  line.add_or_null("error", result.error);
  line.add("bytes", result.bytes);
  line.add("seconds", result.seconds);
  line.add("depth", static_cast<std::uint64_t>(page.depth));
  line.add_or_null("parent", page.parent);
  line.add("tries", static_cast<std::uint64_t>(result.tries));
  if (!result.redirect.empty()) line.add("redirect", result.redirect);
  line.add_all(result.more);
  if (!page.final_page.empty()) line.add("final", page.final_page);
  return line.text();
}

}  // namespace parlab
