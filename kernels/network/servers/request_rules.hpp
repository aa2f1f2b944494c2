#pragma once

// What a server must see in a request before it answers (RFC 9110, RFC 9112).

#include <string_view>

#include "kernels/network/http/http_parser.hpp"

namespace parlab {

/// 400 where HTTP/1.1 has no Host or any version has several, 417 for an expectation other than
/// 100-continue, 0 where the request may be answered.
int refusal(const MessageReader& request);

/// Whether the client waits for "100 Continue" before it sends the body.
bool waits_for_continue(const MessageReader& request);

/// Path and query, also of the absolute form, "GET http://host/path".
std::string_view path_and_query(std::string_view target);

/// Whether an Accept-Encoding allows gzip: by its name, else by *, and not with q=0.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace parlab
