#pragma once

// The JSON line of a page, out of its row of the crawl's database.

#include <nlohmann/json.hpp>
#include <string>

#include "kernels/database/database.hpp"

namespace parlab {

/// The row of one page, by its id.
extern const char select_page_line[];

/// Of a row of that query.
nlohmann::ordered_json page_line(const DatabaseQuery& row);

/// On one line of ASCII, whatever it holds: nothing in it controls a terminal.
std::string page_line_text(const nlohmann::ordered_json& line);

}  // namespace parlab
