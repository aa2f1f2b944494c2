#pragma once

// Pages and style sheets as they are read from disk: what is in the mirror is named by its file, other
// pages by their whole address, and nothing makes a browser ask the network.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/network/crawler/references/read_page.hpp"

namespace parlab {

/// The file of an address in the mirror, redirects followed, for a reference to it; none where there is none.
using FileOfAddress = std::function<std::optional<std::string>(const Address&, const Reference&)>;

/// A page or a style sheet, rewritten for its own `file`. In UTF-8, with a byte order mark where it is not
/// ASCII, because no header tells its character set any more.
std::string rewritten(ReadPage& page, const std::string& file, const FileOfAddress& file_of);

/// "../b/c.html" from "h/a/x.html" to "h/b/c.html", percent-encoded so that it may stand anywhere in HTML and
/// CSS.
std::string relative_reference(std::string_view from, std::string_view to);

}  // namespace parlab
