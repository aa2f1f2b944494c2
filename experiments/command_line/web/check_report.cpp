#ifdef PARLAB_HAS_CRAWLER

#include "experiments/command_line/web/check_report.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "experiments/base/json_text.hpp"
#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

/// Whether a terminal or a reader would take it for an order: controls, and marks that turn the direction
/// of a text.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069) ||
         code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

/// With U+FFFD in the place of what is no character or a control.
std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    append_utf8(out, is_control(character.code) ? replacement_character : character.code);
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::string in_xml(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string told_parent(const LinkParent& parent) {
  const std::string text = printable(parent.text);
  return fmt::format("{}:{}: {}{}", printable(parent.page), parent.line, printable(parent.what),
                     text.empty() ? "" : fmt::format(" \"{}\"", text));
}

}  // namespace

std::string told_error(const CheckedLink& link) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 19> words = {{
      {"no_anchor", "the page has no such anchor"},
      {"resolve_failed", "the host does not exist"},
      {"resolve_timeout", "the host's name could not be resolved in time"},
      {"proxy_unreachable", "the proxy cannot be reached"},
      {"proxy_http_407", "the proxy needs a login"},
      {"connect_refused", "the host refuses connections"},
      {"connect_timeout", "no connection in time"},
      {"first_byte_timeout", "no answer in time"},
      {"idle_timeout", "the answer stopped"},
      {"total_timeout", "the answer took too long"},
      {"redirect_loop", "redirects lead in a circle"},
      {"redirect_limit", "too many redirects"},
      {"redirect_scheme", "redirects to another scheme"},
      {"redirect_malformed", "redirects to a malformed address"},
      {"bad_address", "not an address"},
      {"robots_disallow", "robots.txt forbids it"},
      {"robots_unreachable", "robots.txt cannot be read"},
      {"private_address", "a private address"},
      {"has_user", "it names a user"},
  }};
  if (link.error.starts_with("http_")) {
    const std::string_view meaning = link.status == 404   ? "not found "
                                     : link.status == 410 ? "gone "
                                     : link.status == 403 ? "forbidden "
                                     : link.status == 401 ? "needs a login "
                                     : link.status >= 500 ? "server error "
                                                          : "";
    return fmt::format("{}(HTTP {})", meaning, link.status);
  }
  for (const auto& [error, meaning] : words)
    if (link.error == error) return std::string(meaning);
  return printable(link.error);
}

std::string told_link(const CheckedLink& link) {
  std::string text = fmt::format("{}: {}", to_string(link.state), printable(link.url));
  if (link.state == LinkState::moved)
    text += fmt::format("\n  now {}", link.final_url);
  else if (!link.error.empty())
    text += fmt::format("\n  {}", told_error(link));
  if (link.state == LinkState::broken && !link.final_url.empty())
    text += fmt::format(", after a redirect to {}", link.final_url);
  for (const LinkParent& parent : link.parents) text += "\n  in " + told_parent(parent);
  return text + "\n";
}

std::string link_line(const CheckedLink& link) {
  using nlohmann::ordered_json;
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? ordered_json() : ordered_json(as_utf8(text));
  };
  ordered_json parents = ordered_json::array();
  for (const LinkParent& parent : link.parents)
    parents.push_back({{"page", as_utf8(parent.page)},
                       {"line", parent.line},
                       {"what", as_utf8(parent.what)},
                       {"text", as_utf8(parent.text)}});
  const ordered_json line = {{"url", as_utf8(link.url)},
                             {"state", to_string(link.state)},
                             {"status", link.status},
                             {"error", text_or_null(link.error)},
                             {"final", text_or_null(link.final_url)},
                             {"links", link.links},
                             {"parents", std::move(parents)}};
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void JunitReport::add(const CheckedLink& link) {
  ++all_;
  const std::string head =
      fmt::format("  <testcase classname=\"links\" name=\"{}\"", in_xml(link.url));
  if (link.state == LinkState::unchecked) {
    ++skipped_;
    cases_ +=
        fmt::format("{}><skipped message=\"{}\"/></testcase>\n", head, in_xml(told_error(link)));
  } else if (link.state == LinkState::broken) {
    ++broken_;
    std::string where;
    for (const LinkParent& parent : link.parents) where += in_xml(told_parent(parent)) + "\n";
    cases_ += fmt::format("{}><failure message=\"{}\">{}</failure></testcase>\n", head,
                          in_xml(told_error(link)), where);
  } else {
    cases_ += head + "/>\n";
  }
}

std::string JunitReport::text(double seconds) const {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"parlab check\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n{}</testsuite>\n",
      all_, broken_, skipped_, seconds, cases_);
}

}  // namespace parlab

#endif
