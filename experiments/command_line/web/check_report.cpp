#ifdef PARLAB_HAS_CRAWLER

#include "experiments/command_line/web/check_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "experiments/base/json_text.hpp"
#include "experiments/command_line/web/error_words.hpp"

namespace parlab {
namespace {

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

std::string told_link(const CheckedLink& link) {
  std::string text = fmt::format("{}: {}", to_string(link.state), printable(link.url));
  if (link.state == LinkState::moved)
    text += fmt::format("\n  now {}", link.final_url);
  else if (!link.error.empty())
    text += fmt::format("\n  {}", error_in_words(link.error, link.status));
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
  return line.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

void JunitReport::add(const CheckedLink& link) {
  ++all_;
  const std::string head =
      fmt::format("  <testcase classname=\"links\" name=\"{}\"", in_xml(link.url));
  if (link.state == LinkState::unchecked) {
    ++skipped_;
    cases_ += fmt::format("{}><skipped message=\"{}\"/></testcase>\n", head,
                          in_xml(error_in_words(link.error, link.status)));
  } else if (link.state == LinkState::broken) {
    ++broken_;
    std::string where;
    for (const LinkParent& parent : link.parents) where += in_xml(told_parent(parent)) + "\n";
    cases_ += fmt::format("{}><failure message=\"{}\">{}</failure></testcase>\n", head,
                          in_xml(error_in_words(link.error, link.status)), where);
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
