#include "tests/kernels/network/crawler/crawled.hpp"

#include <gtest/gtest.h>

namespace parlab {

using nlohmann::json;
using Peer = BadServer::Peer;
using Script = BadServer::Script;
using std::chrono::milliseconds;

std::map<std::string, json> crawled(const CrawlOptions& options) {
  std::map<std::string, json> pages;
  crawl(options, {}, [&](const std::string& line) {
    const json page = json::parse(line);
    EXPECT_TRUE(pages.emplace(page.at("url"), page).second) << "twice: " << line;
  });
  return pages;
}

std::string error_of(const json& page) {
  return page.at("error").is_null() ? "" : page.at("error").get<std::string>();
}

std::string page_with(const std::vector<std::string>& links) {
  std::string html = "<!doctype html>";
  for (const std::string& link : links) html += "<a href=\"" + link + "\">x</a>";
  return "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " +
         std::to_string(html.size()) + "\r\n\r\n" + html;
}
Script links_to(const std::vector<std::string>& links) {
  return [text = page_with(links)](Peer& peer) { peer.send(text); };
}
Script moves_to(const std::string& location) {
  return [location](Peer& peer) {
    peer.send("HTTP/1.1 301 X\r\nContent-Length: 0\r\nLocation: " + location + "\r\n\r\n");
  };
}
Script says(const std::string& body, const std::string& fields) {
  return [text = "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
                 "\r\n\r\n" + body](Peer& peer) { peer.send(text); };
}

CrawlOptions quick(const std::string& start) {
  CrawlOptions options{.start = start};
  options.retries = 0;
  options.first_backoff = milliseconds(1);
  return options;
}

}  // namespace parlab
