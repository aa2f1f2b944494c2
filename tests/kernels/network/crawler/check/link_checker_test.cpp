#include "kernels/network/crawler/check/link_checker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "kernels/base/errors.hpp"
#include "tests/kernels/network/crawler/bad_server.hpp"
#include "tests/kernels/network/crawler/crawled.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using Peer = BadServer::Peer;
using Script = BadServer::Script;

struct Checked {
  std::map<std::string, CheckedLink> links;
  CheckSummary summary;
  LinkState state(const std::string& url) const { return links.at(url).state; }
};

Checked checked(const CheckOptions& options) {
  Checked checked;
  checked.summary = check_links(options, {}, [&](const CheckedLink& link) {
    EXPECT_TRUE(checked.links.emplace(link.url, link).second) << link.url;
  });
  return checked;
}

CheckOptions check_of(const std::string& start) {
  CheckOptions options;
  options.crawl = quick(start);
  return options;
}

Script html(const std::string& body) { return says(body, "Content-Type: text/html\r\n"); }
Script status(const std::string& line) {
  return [line](Peer& peer) { peer.send("HTTP/1.1 " + line + "\r\nContent-Length: 0\r\n\r\n"); };
}
bool is_head(const Peer& peer) { return peer.request.starts_with("HEAD "); }

TEST(LinkChecker, FindsEveryKindOfBrokenReference) {
  const std::string page =
      "<link rel=stylesheet href=/style.css><img src=/1 srcset='/2 1x, /3 2x'><script src=/4>"
      "</script><iframe src=/5></iframe><form action=/6></form><video src=/7 poster=/8></video>"
      "<p style='background:url(/9)'><style>@import '/10';</style><a\nhref=/11>eleven</a>"
      "<meta http-equiv=refresh content='9; /12'><object data=/13></object><a href='/#lost'>x</a>"
      "<a href='#here'></a><p id=here><a href=http://>y</a>";
  const BadServer server(
      {{"/", html(page)},
       {"/style.css", says("p{background:url(/14)}", "Content-Type: text/css\r\n")}});
  const Checked found = checked(check_of(server.origin() + "/"));
  for (int i = 1; i <= 14; ++i) {
    const CheckedLink& link = found.links.at(server.origin() + "/" + std::to_string(i));
    EXPECT_EQ(link.state, LinkState::broken) << i;
    EXPECT_EQ(link.error, "http_404") << i;
    EXPECT_THAT(link.parents, SizeIs(1)) << i;
  }
  EXPECT_EQ(found.links.at(server.origin() + "/11").parents[0].line, 2U);
  EXPECT_EQ(found.links.at(server.origin() + "/11").parents[0].text, "eleven");
  EXPECT_EQ(found.links.at(server.origin() + "/14").parents[0].page,
            server.origin() + "/style.css");
  EXPECT_EQ(found.links.at(server.origin() + "/#lost").error, "no_anchor");
  EXPECT_EQ(found.links.at("http://").error, "bad_address");
  EXPECT_EQ(found.state(server.origin() + "/"), LinkState::ok);
  EXPECT_THAT(found.links, SizeIs(18));
}

TEST(LinkChecker, CountsOtherSchemesAsNotChecked) {
  const BadServer server({{"/", html("<a href='file:///etc/passwd'><a href='mailto:a@b'>"
                                     "<a href='ftp://h/x'><a href='javascript:x()'>"
                                     "<img src='data:image/png;base64,AA'><a href='tel:1'>"
                                     "<a href='http://user:password@127.0.0.1:1/'>")}});
  const Checked found = checked(check_of(server.origin() + "/"));
  EXPECT_EQ(found.state("file:///etc/passwd"), LinkState::unchecked);
  EXPECT_EQ(found.state("http://user:password@127.0.0.1:1/"), LinkState::unchecked);
  for (const auto& [url, link] : found.links) EXPECT_NE(link.state, LinkState::broken) << url;
  EXPECT_EQ(found.summary.other_schemes.at("data"), 1U);
  EXPECT_EQ(found.summary.other_schemes.size(), 6U);
}

TEST(LinkChecker, AsksOtherHostsOnceByHeadAndReadsNothingThere) {
  int heads = 0;
  const BadServer other({{"/page", [&](Peer& peer) {
                            heads += is_head(peer) ? 1 : 0;
                            peer.send(
                                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                                "Content-Length: 20\r\n\r\n");
                            if (!is_head(peer)) peer.send("<a href=/not-asked> ");
                          }}});
  const BadServer server(
      {{"/", html("<a href=/b><a href='" + other.origin() + "/page#x'><a href='" + other.origin() +
                  "/page'><img src='" + other.origin() + "/lost'>")},
       {"/b", html("<a href='" + other.origin() + "/page'>")}});
  const Checked found = checked(check_of(server.origin() + "/"));
  EXPECT_EQ(found.state(other.origin() + "/page"), LinkState::ok);
  EXPECT_EQ(found.links.at(other.origin() + "/page").links, 3U);
  EXPECT_EQ(found.state(other.origin() + "/lost"), LinkState::broken);
  EXPECT_EQ(other.asked("/page"), 1);
  EXPECT_EQ(heads, 1);
  EXPECT_EQ(other.asked("/not-asked"), 0);
}

TEST(LinkChecker, TriesGetWhereHeadFails) {
  const auto only_get = [](const std::string& answer_to_head) {
    return [answer_to_head](Peer& peer) {
      if (!is_head(peer))
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else if (answer_to_head.empty())
        peer.reset();
      else
        peer.send("HTTP/1.1 " + answer_to_head + "\r\nContent-Length: 0\r\n\r\n");
    };
  };
  std::map<std::string, Script> scripts;
  std::string page;
  for (const char* answer : {"405 No", "501 No", "403 No", "404 No", "500 No", ""}) {
    const std::string path = "/" + std::string(answer).substr(0, 3);
    scripts[path + "x"] = only_get(answer);
    page += "<img src=" + path + "x>";
  }
  page += "<form method=post action=/post></form>";
  scripts["/post"] = status("405 Method Not Allowed");
  scripts["/"] = html(page);
  const BadServer server(scripts);
  const Checked found = checked(check_of(server.origin() + "/"));
  EXPECT_THAT(found.links, SizeIs(8));
  for (const auto& [url, link] : found.links) EXPECT_EQ(link.state, LinkState::ok) << url;
}

TEST(LinkChecker, ReadsAPageHoweverItWasFoundFirst) {
  const BadServer server({{"/", html("<img src=/b><form action=/c></form><a href=/b><a href=/c>")},
                          {"/b", html("<a href=/lost-b>")},
                          {"/c", html("<a href=/lost-c>")}});
  const Checked found = checked(check_of(server.origin() + "/"));
  EXPECT_EQ(found.state(server.origin() + "/lost-b"), LinkState::broken);
  EXPECT_EQ(found.state(server.origin() + "/lost-c"), LinkState::broken);
  EXPECT_EQ(found.summary.totals.pages, 3U);
}

TEST(LinkChecker, TellsRedirects) {
  const BadServer server({{"/", html("<a href=/old>o</a><a href=/circle>c</a><a href=/gone>g</a>")},
                          {"/old", moves_to("/new")},
                          {"/new", html("<a href=/lost>")},
                          {"/circle", moves_to("/circle2")},
                          {"/circle2", moves_to("/circle")},
                          {"/gone", moves_to("/lost")}});
  const Checked found = checked(check_of(server.origin() + "/"));
  EXPECT_EQ(found.state(server.origin() + "/old"), LinkState::moved);
  EXPECT_EQ(found.links.at(server.origin() + "/old").final_url, server.origin() + "/new");
  EXPECT_EQ(found.links.at(server.origin() + "/circle").error, "redirect_loop");
  EXPECT_EQ(found.links.at(server.origin() + "/gone").error, "http_404");
  EXPECT_EQ(server.asked("/lost"), 1);
}

TEST(LinkChecker, IgnoresPatternsAndKeepsScopeAndDepth) {
  const BadServer server({{"/d/", html("<a href=/d/private/x><a href=/d/1><a href=/out>")},
                          {"/d/1", html("<a href=/d/2>")},
                          {"/d/2", html("<a href=/d/3>")},
                          {"/out", html("<a href=/lost>")}});
  CheckOptions options = check_of(server.origin() + "/d/");
  options.ignore = {"*/private/*"};
  options.crawl.prefix = "/d/";
  options.crawl.limits.depth = 2;
  const Checked found = checked(options);
  EXPECT_EQ(server.asked("/d/private/x"), 0);
  EXPECT_EQ(found.summary.ignored, 1U);
  EXPECT_EQ(server.asked("/out"), 1);
  EXPECT_EQ(server.asked("/lost"), 0);
  EXPECT_EQ(server.asked("/d/2"), 1);
  EXPECT_EQ(server.asked("/d/3"), 0);
}

TEST(LinkChecker, ObeysRobotsAndCallsThatNotChecked) {
  const BadServer server(
      {{"/robots.txt", says("User-agent: *\nDisallow: /no")}, {"/", html("<a href=/no>")}});
  const Checked found = checked(check_of(server.origin() + "/"));
  EXPECT_EQ(found.state(server.origin() + "/no"), LinkState::unchecked);
  EXPECT_EQ(server.asked("/no"), 0);
}

TEST(LinkChecker, EndsWellBesideHostsWhoseRobotsFail) {
  std::vector<std::unique_ptr<BadServer>> others;
  std::string page;
  for (const char* answer : {"500 X", "503 X", "301 X", "404 X"})
    others.push_back(std::make_unique<BadServer>(
        std::map<std::string, Script>{{"/robots.txt", status(answer)}, {"/", says("")}}));
  others.push_back(std::make_unique<BadServer>(
      std::map<std::string, Script>{{"/robots.txt", [](Peer& peer) { peer.reset(); }}}));
  for (const auto& other : others) page += "<a href='" + other->origin() + "/'>";
  page += "<a href='http://127.0.0.1:1/'>";
  const BadServer server({{"/", html(page)}});
  CheckOptions options = check_of(server.origin() + "/");
  options.crawl.retries = 1;
  const Checked found = checked(options);
  EXPECT_THAT(found.links, SizeIs(7));
  EXPECT_EQ(found.links.at("http://127.0.0.1:1/").error, "connect_refused");
  EXPECT_EQ(found.links.at("http://127.0.0.1:1/").state, LinkState::broken);
  EXPECT_EQ(found.state(others[0]->origin() + "/"), LinkState::unchecked);
  EXPECT_EQ(found.state(others[3]->origin() + "/"), LinkState::ok);
}

TEST(LinkChecker, RemembersOtherHostsBetweenRuns) {
  const BadServer other({{"/", says("")}, {"/moved", moves_to("/")}});
  const BadServer server(
      {{"/", html("<a href='" + other.origin() + "/'><a href='" + other.origin() +
                  "/moved'><a href='" + other.origin() + "/lost'>")}});
  const std::string path =
      (std::filesystem::temp_directory_path() / ("parlab-links-" + std::to_string(getpid())))
          .string();
  CheckOptions options = check_of(server.origin() + "/");
  options.cache = path;
  const Checked first = checked(options);
  std::ofstream(path) << first.summary.cache_text;
  const Checked second = checked(options);
  EXPECT_EQ(second.summary.cached, 2U);
  EXPECT_EQ(other.asked("/"), 1);
  EXPECT_EQ(other.asked("/moved"), 1);
  for (const auto& [url, link] : first.links) EXPECT_EQ(second.state(url), link.state) << url;
  options.cache_age = std::chrono::seconds(-1);
  checked(options);
  EXPECT_EQ(other.asked("/"), 2);
  std::ofstream(path) << "no cache\n";
  EXPECT_THROW(checked(options), UsageError);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace parlab
