// What a crawl tells of its pages, and what it is told to leave out, to send and to try again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/kernels/network/crawler/bad_server.hpp"
#include "tests/kernels/network/crawler/crawled.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;
using Peer = BadServer::Peer;

/// A state's file, gone at the end.
struct StateFile {
  std::string path = std::filesystem::temp_directory_path() /
                     ("parlab-state-" + std::to_string(getpid()) + ".crawl");
  StateFile() { remove(); }
  ~StateFile() { remove(); }
  void remove() const {
    for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path + ending);
  }
};

std::set<std::string> urls_of(const std::map<std::string, json>& pages, const BadServer& server) {
  std::set<std::string> urls;
  for (const auto& [url, page] : pages) urls.insert(url.substr(server.origin().size()));
  return urls;
}

TEST(CrawlData, TellsTypeLinksPhasesAndWhereRedirectsEnd) {
  const BadServer server({{"/", says("<a href=/a><a href=/b>", "Content-Type: text/html\r\n")},
                          {"/a", moves_to("/c")},
                          {"/c", moves_to("/d")},
                          {"/d", says("x", "Content-Type: text/plain\r\n")}});
  const auto pages = crawled(quick(server.origin() + "/"));
  const json& start = pages.at(server.origin() + "/");
  EXPECT_EQ(start.at("type"), "text/html");
  EXPECT_EQ(start.at("links"), 2);
  const json& phases = start.at("phases");
  for (const char* phase : {"connect", "first_byte", "body"}) EXPECT_GE(phases.at(phase), 0);
  EXPECT_LE(phases.at("first_byte").get<double>() + phases.at("body").get<double>(),
            start.at("seconds").get<double>());
  EXPECT_EQ(pages.at(server.origin() + "/a").at("final"), server.origin() + "/d");
  EXPECT_EQ(pages.at(server.origin() + "/d").at("type"), "text/plain");
  EXPECT_FALSE(pages.at(server.origin() + "/d").contains("links"));
}

TEST(CrawlData, StreamsPagesAndLinks) {
  const BadServer server(
      {{"/", links_to({"/a", "http://elsewhere.example/"})}, {"/a", links_to({})}});
  std::vector<std::string> order;
  CrawlWatcher watcher;
  watcher.edge = [&](const std::string& from, const std::string& to) {
    order.push_back(from.substr(server.origin().size()) + " > " + to);
  };
  const CrawlOptions options = quick(server.origin() + "/");
  crawl(options, watcher, [&](const std::string& line) {
    order.push_back(json::parse(line).at("url").get<std::string>().substr(server.origin().size()));
  });
  EXPECT_THAT(order, ElementsAre("/ > " + server.origin() + "/a", "/ > http://elsewhere.example/",
                                 "/", "/a"));
}

TEST(CrawlData, TakesWhatIsAcceptedAndNotRejected) {
  const BadServer server({{"/", links_to({"/a.html", "/b.html", "/c.pdf", "/m"})},
                          {"/a.html", links_to({"/x/d.html"})},
                          {"/m", moves_to("/c.pdf")}});
  CrawlOptions options = quick(server.origin() + "/");
  options.accept = {"*.html", "*/m"};
  options.reject = {"*/x/*", "*/b.html"};
  EXPECT_THAT(urls_of(crawled(options), server), UnorderedElementsAre("/", "/a.html", "/m"));
  EXPECT_EQ(server.asked("/c.pdf"), 0);
}

TEST(CrawlData, ReadsBodiesOfAcceptedTypesOnly) {
  constexpr std::size_t long_body = 4 << 20;  // more than sockets hold
  const std::string archive(long_body, 'x');
  const BadServer server(
      {{"/",
        says("<a href=/a><a href=/big><a href=/gone><a href=/m>", "Content-Type: Text/HTML;x\r\n")},
       {"/a", says("a", "Content-Type: text/plain\r\n")},
       {"/big", says(archive, "Content-Type: application/zip\r\n")},
       {"/gone",
        [](Peer& peer) {
          peer.send(
              "HTTP/1.1 404 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        }},
       {"/m", moves_to("/a")}});
  CrawlOptions options = quick(server.origin() + "/");
  options.types = {"TEXT/*"};
  const auto pages = crawled(options);
  const auto error_at = [&](const char* path) {
    return error_of(pages.at(server.origin() + path));
  };
  EXPECT_EQ(error_at("/"), "");
  EXPECT_EQ(error_at("/a"), "");
  EXPECT_EQ(error_at("/m"), "");
  EXPECT_EQ(error_at("/gone"), "http_404");
  EXPECT_EQ(error_at("/big"), "type_not_accepted");
  EXPECT_EQ(pages.at(server.origin() + "/big").at("status"), 200);
  EXPECT_EQ(pages.at(server.origin() + "/big").at("type"), "application/zip");
}

TEST(CrawlData, FollowsWhatIsNotToBeFollowedWhereAsked) {
  const BadServer server({{"/", says("<a href=/rel rel=nofollow><a href=/meta><a href=/field>")},
                          {"/rel", links_to({})},
                          {"/meta", says("<meta name=robots content=nofollow><a href=/m>")},
                          {"/field", says("<a href=/f>", "X-Robots-Tag: nofollow\r\n")},
                          {"/m", links_to({})},
                          {"/f", links_to({})}});
  CrawlOptions options = quick(server.origin() + "/");
  EXPECT_THAT(urls_of(crawled(options), server), UnorderedElementsAre("/", "/meta", "/field"));
  options.follow_nofollow = true;
  EXPECT_EQ(crawled(options).size(), 6U);
}

TEST(CrawlData, WritesLinesOfAsciiOnly) {
  const BadServer server(
      {{"/", says("<a href=/%1B%C2%9B>", "Content-Type: text/html; \xC2\x9B\xE9\r\n")}});
  int lines = 0;
  crawl(quick(server.origin() + "/"), {}, [&](const std::string& line) {
    ++lines;
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c < 0x7F; })) << line;
  });
  EXPECT_EQ(lines, 2);
}

TEST(CrawlData, StartsFromSeveralPagesAndHosts) {
  const BadServer one({{"/", links_to({"/a"})}, {"/a", links_to({})}, {"/lone", links_to({})}});
  const BadServer two({{"/", links_to({"/b"})}, {"/b", links_to({})}});
  CrawlOptions options = quick(one.origin() + "/");
  options.more_starts = {one.origin() + "/lone", two.origin() + "/"};
  EXPECT_EQ(crawled(options).size(), 5U);
  EXPECT_EQ(two.asked("/b"), 1);
}

TEST(CrawlData, SendsCredentialsToTheirOriginOnly) {
  std::map<std::string, std::string> seen;
  const auto note = [&](const std::string& name, const std::string& answer) {
    return [&seen, name, answer](Peer& peer) {
      seen[name] = peer.request;
      peer.send(answer);
    };
  };
  const BadServer other({{"/", note("other", page_with({}))}});
  const std::string moved =
      "HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: " + other.origin() + "/\r\n\r\n";
  const BadServer server({{"/", note("start", page_with({"/out", other.origin() + "/"}))},
                          {"/out", note("out", moved)}});
  const StateFile state;
  CrawlOptions options = quick(server.origin() + "/");
  options.hosts = {other.origin()};
  options.state = state.path;
  options.headers = {"X-Extra: here"};
  options.credentials = {{server.origin(), "Bearer s3cret"}};
  std::string lines;
  crawl(options, {}, [&](const std::string& line) { lines += line; });
  EXPECT_THAT(seen.at("start"), HasSubstr("Authorization: Bearer s3cret\r\n"));
  EXPECT_THAT(seen.at("start"), HasSubstr("X-Extra: here\r\n"));
  EXPECT_THAT(seen.at("out"), HasSubstr("Bearer s3cret"));
  EXPECT_THAT(seen.at("other"), Not(HasSubstr("Authorization")));
  EXPECT_THAT(lines, Not(HasSubstr("s3cret")));
  std::ifstream file(state.path, std::ios::binary);
  const std::string stored((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(stored, Not(HasSubstr("s3cret")));
}

TEST(CrawlData, TriesFailedPagesAgainWhereAsked) {
  bool is_repaired = false;
  const BadServer server({{"/", links_to({"/a", "/b"})},
                          {"/a",
                           [&](Peer& peer) {
                             peer.send(is_repaired ? page_with({"/c"})
                                                   : "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n");
                           }},
                          {"/b", links_to({})},
                          {"/c", links_to({})}});
  const StateFile state;
  CrawlOptions options = quick(server.origin() + "/");
  options.state = state.path;
  EXPECT_EQ(error_of(crawled(options).at(server.origin() + "/a")), "http_500");
  is_repaired = true;
  EXPECT_EQ(crawled(options).size(), 3U);
  EXPECT_EQ(server.asked("/a"), 1);
  options.retry_failed = true;
  const auto pages = crawled(options);
  EXPECT_EQ(pages.size(), 4U);
  EXPECT_EQ(error_of(pages.at(server.origin() + "/a")), "");
  EXPECT_EQ(server.asked("/b"), 1);
}

TEST(CrawlData, GoesOnWhereTheDepthIsRaised) {
  const BadServer server({{"/", links_to({"/1"})},
                          {"/1", links_to({"/2"})},
                          {"/2", links_to({"/3"})},
                          {"/3", links_to({})}});
  const StateFile state;
  CrawlOptions options = quick(server.origin() + "/");
  options.state = state.path;
  options.limits.depth = 1;
  EXPECT_EQ(crawled(options).size(), 2U);
  options.limits.depth = 2;
  EXPECT_EQ(crawled(options).size(), 3U);
  options.limits.depth = CrawlLimits().depth;
  EXPECT_EQ(crawled(options).size(), 4U);
  EXPECT_EQ(server.asked("/"), 1);
  EXPECT_EQ(server.asked("/3"), 1);
}

}  // namespace
}  // namespace parlab
