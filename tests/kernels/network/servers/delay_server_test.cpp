#include "kernels/network/servers/delay_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kernels/base/errors.hpp"
#include "kernels/network/servers/request_rules.hpp"
#include "tests/kernels/network/raw_exchange.hpp"

namespace parlab {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string get(const DelayServerProcess& server, const std::string& target,
                const std::string& fields = "") {
  return raw_exchange(server.port(), "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields +
                                         "Connection: close\r\n\r\n");
}

TEST(DelayServer, AnswersAfterTheDelay) {
  const DelayServerProcess server;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(get(server, "/add?name=a&delay=50"), EndsWith("\r\n\r\n."));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
  EXPECT_THAT(get(server, "/add?name=a&delay=0&value=17"), EndsWith("\r\n\r\n17"));
}

TEST(DelayServer, KeepsAConnectionAndAnswersInOrder) {
  const DelayServerProcess server;
  const std::string answers =
      raw_exchange(server.port(),
                   "GET /add?delay=20&value=first HTTP/1.1\r\nHost: h\r\n\r\n"
                   "GET /add?value=second HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_LT(answers.find("first"), answers.find("second"));
  EXPECT_NE(answers.find("second"), std::string::npos);
}

TEST(DelayServer, ReportsStartAndEndOfEveryRequest) {
  const DelayServerProcess server({.remembered = 2});
  get(server, "/add?name=dropped");
  get(server, "/add?name=a&delay=30");
  get(server, "/add?name=b");
  const std::string report = get(server, "/report");
  std::istringstream lines(report.substr(report.find("\r\n\r\n") + 4));
  std::vector<nlohmann::json> requests;
  for (std::string line; std::getline(lines, line);)
    requests.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0]["name"], "a");
  EXPECT_GE(requests[0]["end"].get<double>() - requests[0]["start"].get<double>(), 0.03);
  EXPECT_EQ(requests[1]["name"], "b");
  EXPECT_GE(requests[1]["start"], requests[0]["end"]);
}

TEST(DelayServer, RefusesWhatItCannotAnswer) {
  const DelayServerProcess server;
  EXPECT_THAT(get(server, "/add?delay=-1"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(get(server, "/add?delay=1e9"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(get(server, "/nowhere"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(raw_exchange(server.port(), "not http\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST(DelayServer, RefusesARequestWithoutOneHost) {
  const DelayServerProcess server;
  for (const char* bad :
       {"GET /add HTTP/1.1\r\n\r\n", "GET /add HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /add HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"})
    EXPECT_THAT(raw_exchange(server.port(), bad), StartsWith("HTTP/1.1 400")) << bad;
  EXPECT_THAT(raw_exchange(server.port(), "GET /add HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST(DelayServer, SaysThatItKeepsAConnectionOfHttp10) {
  const DelayServerProcess server;
  const std::string answers =
      raw_exchange(server.port(),
                   "GET /add?value=first HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
                   "GET /add?value=second HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("Connection: keep-alive\r\n\r\nfirst"));
  EXPECT_THAT(answers, HasSubstr("Connection: close\r\n\r\nsecond"));
  EXPECT_THAT(raw_exchange(server.port(),
                           "GET /add HTTP/1.1\r\nHost: h\r\n\r\n"
                           "GET /add HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              Not(HasSubstr("keep-alive")));
}

TEST(DelayServer, TakesTheFormsOfARequest) {
  const DelayServerProcess server;
  EXPECT_THAT(get(server, "http://h:80/add?value=x"), EndsWith("\r\n\r\nx"));
  EXPECT_THAT(raw_exchange(server.port(),
                           "\r\n\r\nGET /add HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST(DelayServer, AnswersAnExpectation) {
  const DelayServerProcess server;
  // A body that is longer than what the server reads with the head.
  const std::string answers = raw_exchange(
      server.port(),
      "POST /add?value=x HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 99999\r\n"
      "Connection: close\r\n\r\n" +
          std::string(99'999, 'b'));
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_THAT(get(server, "/add", "Expect: magic\r\n"), StartsWith("HTTP/1.1 417"));
  EXPECT_THAT(get(server, "/add", "Expect: 100-continue\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST(AcceptsGzip, ReadsWeights) {
  for (const char* yes : {"gzip", "GZIP;q=1", "br, gzip", "*", "x-gzip",
                          "deflate;q=0, gzip ; q=0.5", "gzip;q=0.001, *;q=0"})
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  for (const char* no : {"", "identity", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "br", "gzipped"})
    EXPECT_FALSE(accepts_gzip(no)) << no;
}

TEST(DelayServer, ServesTheSite) {
  const DelayServerProcess server({.site = {.pages = 300, .seed = 3}});
  const MadeUpSite site({.pages = 300, .seed = 3});
  EXPECT_THAT(get(server, "/site"), HasSubstr("Location: /site/\r\n"));
  EXPECT_THAT(get(server, "/robots.txt"), HasSubstr("Sitemap: " + server.origin()));
  EXPECT_THAT(get(server, "/sitemap-0.xml"), HasSubstr("/site/99/299.html</loc>"));
  for (std::uint64_t page = 0; page < 300; ++page) {
    const std::string html = get(server, site.path_of(page));
    EXPECT_THAT(html, StartsWith("HTTP/1.1 200")) << page;
    EXPECT_THAT(html, HasSubstr("<h1>Page " + std::to_string(page) + "</h1>"));
    if (site.is_behind_redirect(page)) {
      EXPECT_THAT(get(server, "/site/moved/" + std::to_string(page)),
                  HasSubstr("Location: " + site.path_of(page) + "\r\n"));
    }
  }
  EXPECT_THAT(get(server, "/site/0/300.html"), StartsWith("HTTP/1.1 404"));
}

TEST(DelayServer, SaysThatAPortIsTaken) {
  const Listener taken("127.0.0.1", 0);
  EXPECT_THROW(Listener("127.0.0.1", taken.port()), UsageError);
  EXPECT_THROW(Listener("localhost", 0), UsageError);
}

TEST(MadeUpSite, HasEveryKindOfPage) {
  const MadeUpSite site({.pages = 6'000, .seed = 1});
  std::uint64_t moved = 0, packed = 0, big = 0, slow = 0;
  for (std::uint64_t page = 0; page < 6'000; ++page) {
    const SiteReply reply = site.reply(site.path_of(page), "http://h", true);
    moved += site.is_behind_redirect(page) ? 1 : 0;
    packed += reply.gzipped ? 1 : 0;
    big += reply.body.size() > 500'000 ? 1 : 0;
    slow += reply.pieces > 1 ? 1 : 0;
  }
  EXPECT_GT(moved, 30U);
#ifdef PARLAB_HAS_ZLIB
  EXPECT_GT(packed, 300U);
#endif
  EXPECT_GT(big, 0U);
  EXPECT_GT(slow, 0U);
  EXPECT_LT(site.public_pages(), 6'000U);
}

}  // namespace
}  // namespace parlab
