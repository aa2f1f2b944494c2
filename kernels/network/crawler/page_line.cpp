#include "kernels/network/crawler/page_line.hpp"

namespace parlab {

const char select_page_line[] =
    "SELECT p.url, p.status, p.error, p.bytes, p.seconds, p.depth, coalesce(q.url, ''), p.tries, "
    "p.redirect, coalesce(p.more, '') FROM pages p LEFT JOIN pages q ON q.id = p.parent WHERE "
    "p.done = 1 AND p.id = ?";

nlohmann::ordered_json page_line(const DatabaseQuery& row) {
  using nlohmann::ordered_json;
  const auto text_or_null = [&](int column) {
    const std::string text = row.text(column);
    return text.empty() ? ordered_json() : ordered_json(text);
  };
  ordered_json line = {{"url", row.text(0)},        {"status", row.number(1)},
                       {"error", text_or_null(2)},  {"bytes", row.number(3)},
                       {"seconds", row.real(4)},    {"depth", row.number(5)},
                       {"parent", text_or_null(6)}, {"tries", row.number(7)}};
  if (const std::string redirect = row.text(8); !redirect.empty()) line["redirect"] = redirect;
  if (const std::string more = row.text(9); !more.empty()) line.update(ordered_json::parse(more));
  return line;
}

std::string page_line_text(const nlohmann::ordered_json& line) {
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace parlab
