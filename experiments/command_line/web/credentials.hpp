#pragma once

#include <string>
#include <vector>

#include "kernels/network/crawler/crawler.hpp"

namespace parlab {

/// Reads a file that only its owner can read, a line for each origin:
///
///   https://example.com basic USER:PASSWORD
///   https://api.example.com:8443 bearer TOKEN
///
/// Empty lines and those that begin with # are passed over. Throws UsageError; no message shows a secret.
std::vector<Credential> read_credentials(const std::string& path);

/// A line of a request, "Name: value". Throws UsageError where it is none, or one that the crawl sets itself.
std::string checked_header(const std::string& header);

}  // namespace parlab
