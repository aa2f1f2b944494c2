#pragma once

// Runs of the crawler over scripted servers.

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/network/crawler/crawler.hpp"
#include "tests/kernels/network/crawler/bad_server.hpp"

namespace parlab {

/// What became of each page, by its URL.
std::map<std::string, nlohmann::json> crawled(const CrawlOptions& options);
/// Its class; empty where there is none.
std::string error_of(const nlohmann::json& page);

std::string page_with(const std::vector<std::string>& links);
BadServer::Script links_to(const std::vector<std::string>& links);
BadServer::Script moves_to(const std::string& location);
/// A whole response of status 200 with this body.
BadServer::Script says(const std::string& body, const std::string& fields = "");

/// Without retries.
CrawlOptions quick(const std::string& start);

}  // namespace parlab
