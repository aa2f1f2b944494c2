// What real sites do that made-up ones do not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "kernels/base/errors.hpp"
#include "kernels/network/servers/synthetic_site.hpp"
#include "tests/kernels/network/crawler/bad_server.hpp"
#include "tests/kernels/network/crawler/crawled.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;
using Peer = BadServer::Peer;
using Script = BadServer::Script;
using std::chrono::milliseconds;

const std::string disallow_a = "User-agent: *\nDisallow: /a\n";

TEST(RealSites, AreAskedAgainForRobotsThatWereLost) {
  std::atomic<int> asked{0};
  const BadServer server({{"/", links_to({"/a", "/b"})},
                          {"/b", links_to({})},
                          {"/robots.txt", [&](Peer& peer) {
                             const int time = asked++;
                             if (time == 0) return peer.reset();
                             if (time == 1) {
                               peer.send("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n");
                               return;
                             }
                             says(disallow_a)(peer);
                           }}});
  CrawlOptions options = quick(server.origin() + "/");
  options.retries = 3;
  const auto pages = crawled(options);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(error_of(pages.at(server.origin() + "/a")), "robots_disallow");
  EXPECT_EQ(error_of(pages.at(server.origin() + "/b")), "");
}

TEST(RealSites, AreAskedAgainByALaterRunWhereRobotsWereLost) {
  std::atomic<bool> works{false};
  const BadServer server({{"/", links_to({})}, {"/robots.txt", [&](Peer& peer) {
                                                  if (works) says(disallow_a)(peer);
                                                }}});
  CrawlOptions options = quick(server.origin() + "/");
  options.state =
      std::filesystem::temp_directory_path() / ("parlab-robots-" + std::to_string(getpid()));
  EXPECT_EQ(error_of(crawled(options).begin()->second), "robots_unreachable");
  works = true;
  EXPECT_EQ(error_of(crawled(options).begin()->second), "");
  std::filesystem::remove(options.state);
}

TEST(RealSites, HaveTheirRobotsElsewhere) {
  const BadServer elsewhere({{"/rules", says(disallow_a)}});
  const BadServer server({{"/", links_to({"/a", "/b"})},
                          {"/b", links_to({})},
                          {"/robots.txt", moves_to(elsewhere.origin() + "/rules")}});
  const auto pages = crawled(quick(server.origin() + "/"));
  EXPECT_EQ(error_of(pages.at(server.origin() + "/a")), "robots_disallow");
  EXPECT_EQ(error_of(pages.at(server.origin() + "/b")), "");
  EXPECT_EQ(server.asked("/a"), 0);
}

TEST(RealSites, KeepTheirDelayFromTheFirstRequestOn) {
  std::mutex mutex;
  std::vector<Clock::time_point> times;
  const auto timed = [&](const Script& script) {
    return [&, script](Peer& peer) {
      {
        const std::lock_guard lock(mutex);
        times.push_back(Clock::now());
      }
      script(peer);
    };
  };
  std::map<std::string, Script> scripts = {
      {"/", timed(links_to({"/a", "/b"}))},
      {"/a", timed(links_to({}))},
      {"/b", timed(links_to({}))},
      {"/robots.txt", timed(says("Sitemap: /s.xml\nSitemap: /t.txt\n"))},
      {"/s.xml", timed(says("<sitemapindex><sitemap><loc>/s.xml</loc></sitemap></sitemapindex>"))},
      {"/t.txt", timed(says("\n"))}};
  const BadServer server(scripts);
  CrawlOptions options = quick(server.origin() + "/");
  options.delay = milliseconds(150);
  options.sitemap = true;
  crawled(options);
  ASSERT_EQ(times.size(), 6U);  // an index that names itself is read once
  for (std::size_t i = 1; i < times.size(); ++i)
    EXPECT_GE(times[i] - times[i - 1], milliseconds(120)) << i;  // as the server sees them
}

TEST(RealSites, NamePagesInPackedSitemaps) {
  const std::string packed = gzip("<urlset><url><loc>/only-there</loc></url></urlset>");
  const BadServer server({{"/", links_to({})},
                          {"/only-there", links_to({})},
                          {"/robots.txt", says("Sitemap: /s.xml.gz\n")},
                          {"/s.xml.gz", says(packed, "Content-Type: application/x-gzip\r\n")}});
  CrawlOptions options = quick(server.origin() + "/");
  options.sitemap = true;
  EXPECT_TRUE(crawled(options).contains(server.origin() + "/only-there"));
}

TEST(RealSites, LetInWhoBringsTheirCookie) {
  const BadServer server(
      {{"/",
        [](Peer& peer) {
          if (peer.request.find("Cookie: seen=2") != std::string::npos) {
            links_to({"/found"})(peer);
          } else {
            const bool knows_one = peer.request.find("Cookie: seen=1") != std::string::npos;
            peer.send("HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: /\r\nSet-Cookie: seen=" +
                      std::string(knows_one ? "2" : "1") + "\r\n\r\n");
          }
        }},
       {"/found", links_to({"/endless"})},
       {"/endless", [count = std::make_shared<std::atomic<int>>()](Peer& peer) {
          peer.send("HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: /endless\r\nSet-Cookie: n=" +
                    std::to_string((*count)++) + "\r\n\r\n");
        }}});
  const auto pages = crawled(quick(server.origin() + "/"));
  EXPECT_EQ(error_of(pages.at(server.origin() + "/")), "");
  EXPECT_TRUE(pages.contains(server.origin() + "/found"));
  EXPECT_EQ(error_of(pages.at(server.origin() + "/endless")), "redirect_loop");
  EXPECT_LE(server.asked("/endless"), 12);
}

TEST(RealSites, LinkToTheMembersOfACircle) {
  std::map<std::string, Script> scripts = {{"/a", moves_to("/b")}, {"/b", moves_to("/a")}};
  std::vector<std::string> links = {"/a", "/b"};
  for (int i = 0; i < 14; ++i) {
    links.push_back("/chain" + std::to_string(i));
    scripts[links.back()] = moves_to("/chain" + std::to_string(i + 1));
  }
  scripts["/chain14"] = links_to({});
  scripts["/"] = links_to(links);
  const BadServer server(scripts);
  const auto pages = crawled(quick(server.origin() + "/"));
  EXPECT_EQ(error_of(pages.at(server.origin() + "/a")), "redirect_loop");
  EXPECT_EQ(error_of(pages.at(server.origin() + "/b")), "redirect_loop");
  EXPECT_EQ(error_of(pages.at(server.origin() + "/chain0")), "redirect_limit");
  EXPECT_EQ(error_of(pages.at(server.origin() + "/chain3")), "redirect_limit");
  EXPECT_EQ(error_of(pages.at(server.origin() + "/chain4")), "");
  EXPECT_EQ(error_of(pages.at(server.origin() + "/chain14")), "");
}

TEST(RealSites, SayWhereTheirStartLeads) {
  const BadServer server({{"/", moves_to("/b")},
                          {"/b", moves_to("http://www.elsewhere.test/x")},
                          {"/c", moves_to("/d")},
                          {"/d", links_to({})}});
  CrawlOptions options = quick(server.origin() + "/");
  EXPECT_EQ(crawl(options, {}).start_leads_to, "http://www.elsewhere.test/x");
  options.start = server.origin() + "/c";
  EXPECT_EQ(crawl(options, {}).start_leads_to, "");
  options.prefix = "/c";
  EXPECT_EQ(crawl(options, {}).start_leads_to, server.origin() + "/d");
}

TEST(RealSites, SayInAFieldThatLinksAreNotToBeFollowed) {
  const std::string html = "<a href=/x>x</a>";
  const BadServer server({{"/", links_to({"/shut", "/open"})},
                          {"/shut", says(html, "X-Robots-Tag: noindex, nofollow\r\n")},
                          {"/open", says("<a href=/y>y</a>", "X-Robots-Tag: other: nofollow\r\n")},
                          {"/y", links_to({})}});
  const auto pages = crawled(quick(server.origin() + "/"));
  EXPECT_FALSE(pages.contains(server.origin() + "/x"));
  EXPECT_TRUE(pages.contains(server.origin() + "/y"));
}

TEST(RealSites, AreInOtherCharacterSets) {
  const BadServer server(
      {{"/", says("<a href='/\xE4?q=\xE4'>x</a><a href=/wide>x</a>",
                  "Content-Type: text/html; charset=windows-1251\r\n")},
       {"/wide", says(std::string("\xFF\xFE<\0a\0 \0h\0r\0e\0f\0=\0/\0z\0>\0", 24),
                      "Content-Type: text/html\r\n")}});
  const auto pages = crawled(quick(server.origin() + "/"));
  EXPECT_TRUE(pages.contains(server.origin() + "/%D0%B4?q=%E4"));
  EXPECT_TRUE(pages.contains(server.origin() + "/z"));
}

TEST(RealSites, ShowTheStatusOfWhatWasCut) {
  const BadServer server(
      {{"/", links_to({"/cut", "/big"})},
       {"/cut", [](Peer& peer) { peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"); }},
       {"/big", says(std::string(5000, 'x'))}});
  CrawlOptions options = quick(server.origin() + "/");
  options.limits.page_bytes = 1000;
  const auto pages = crawled(options);
  EXPECT_EQ(pages.at(server.origin() + "/cut").at("status"), 200);
  EXPECT_EQ(error_of(pages.at(server.origin() + "/cut")), "truncated");
  EXPECT_EQ(pages.at(server.origin() + "/big").at("status"), 200);
  EXPECT_EQ(error_of(pages.at(server.origin() + "/big")), "body_too_big");
}

TEST(RealSites, SayThatAnIdleConnectionIsOver) {
  const BadServer server({{"/",
                           [](Peer& peer) {
                             peer.send(page_with({"/a"}));
                             std::this_thread::sleep_for(milliseconds(100));
                             peer.send(
                                 "HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\nx");
                           }},
                          {"/a", links_to({})}});
  CrawlOptions options = quick(server.origin() + "/");
  options.delay = milliseconds(300);
  options.robots = false;
  const auto pages = crawled(options);
  EXPECT_EQ(error_of(pages.at(server.origin() + "/a")), "");
  EXPECT_EQ(pages.at(server.origin() + "/a").at("status"), 200);
}

TEST(RealSites, AreSlowAndHoldUpNoOther) {
  std::atomic<int> quick_pages{0}, slow_pages{0}, slow_pages_before{0};
  constexpr int pages_of_quick = 100, pages_of_slow = 4;
  std::vector<std::unique_ptr<BadServer>> servers;
  std::vector<std::string> links, hosts;
  const auto add = [&](int pages, const Script& script) {
    std::map<std::string, Script> scripts;
    for (int i = 0; i < pages; ++i) scripts["/" + std::to_string(i)] = script;
    servers.push_back(std::make_unique<BadServer>(scripts));
    hosts.push_back(servers.back()->origin().substr(7));
    for (const auto& [path, unused] : scripts) links.push_back(servers.back()->origin() + path);
  };
  for (int i = 0; i < 8; ++i)
    add(pages_of_slow, [&](Peer& peer) {
      std::this_thread::sleep_for(milliseconds(400));
      ++slow_pages;
      peer.send(page_with({}));
    });
  add(pages_of_quick, [&](Peer& peer) {
    if (++quick_pages == pages_of_quick) slow_pages_before = slow_pages.load();
    peer.send(page_with({}));
  });
  const BadServer start({{"/", links_to(links)}});
  CrawlOptions options = quick(start.origin() + "/");
  options.hosts = hosts;
  options.at_once = 8;  // as many as there are slow hosts, which were found first
  const auto pages = crawled(options);
  EXPECT_EQ(pages.size(), links.size() + 1);
  EXPECT_LE(slow_pages_before, 8 * pages_of_slow / 2);
}

TEST(RealSites, HaveTheSameDepthWhateverAnswersFirst) {
  const Script late = [](Peer& peer) {
    std::this_thread::sleep_for(milliseconds(200));
    peer.send(page_with({"/deep"}));
  };
  // /deep is two links from the start by a slow page, and three by quick ones.
  const BadServer server({{"/", links_to({"/slow", "/1"})},
                          {"/slow", late},
                          {"/1", links_to({"/2"})},
                          {"/2", links_to({"/deep"})},
                          {"/deep", links_to({"/below"})},
                          {"/below", links_to({"/out"})}});
  CrawlOptions options = quick(server.origin() + "/");
  options.limits.depth = 3;
  const auto pages = crawled(options);
  EXPECT_EQ(pages.at(server.origin() + "/deep").at("depth"), 2);
  EXPECT_TRUE(pages.contains(server.origin() + "/below"));
  EXPECT_FALSE(pages.contains(server.origin() + "/out"));
}

TEST(Scope, TakesHostsAndPrefixesAsTheyAreWritten) {
  const BadServer other({{"/", links_to({})}});
  const std::string port = other.origin().substr(other.origin().rfind(':'));
  const BadServer server(
      {{"/", links_to({other.origin() + "/", "/caf%C3%A9/", "/z"})}, {"/z", links_to({})}});
  for (const std::string& name :
       {"127.0.0.1" + port, "0x7F.1" + port, other.origin(), other.origin() + "/"}) {
    CrawlOptions options = quick(server.origin() + "/");
    options.hosts = {name};
    EXPECT_TRUE(crawled(options).contains(other.origin() + "/")) << name;
  }
  CrawlOptions options = quick(server.origin() + "/");
  options.prefix = "/caf\xC3\xA9";
  EXPECT_EQ(crawled(options).size(), 2U);
  for (const char* bad : {"docs", "http://h/docs", "//h/docs"}) {
    options.prefix = bad;
    EXPECT_THROW(crawled(options), UsageError) << bad;
  }
  options.prefix = "";
  for (const char* bad : {"", "a b", "h/path", "ftp://h/", "h:99999", "user@h"}) {
    options.hosts = {bad};
    EXPECT_THROW(crawled(options), UsageError) << bad;
  }
}

}  // namespace
}  // namespace parlab
