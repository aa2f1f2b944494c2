#include "kernels/network/crawler/crawler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "kernels/base/errors.hpp"
#include "kernels/network/crawler/fetching/http_client.hpp"
#include "kernels/network/servers/synthetic_site.hpp"
#include "tests/kernels/network/crawler/bad_server.hpp"
#include "tests/kernels/network/crawler/crawled.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using Peer = BadServer::Peer;
using Script = BadServer::Script;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Crawler, EndsEachBadWayAsItsErrorClassAndTakesTheOthers) {
  std::map<std::string, Script> scripts;
  std::vector<std::string> links;
  std::map<std::string, std::string> wanted;
  for (const BadWay& way : bad_ways()) {
    scripts[way.path] = way.script;
    links.push_back(way.path);
    wanted[way.path] = way.error;
  }
  for (int i = 0; i < 30; ++i) {
    links.push_back("/good/" + std::to_string(i));
    scripts[links.back()] = links_to({});
    wanted[links.back()] = "";
  }
  scripts["/"] = links_to(links);
  const BadServer server(scripts);
  CrawlOptions options = quick(server.origin() + "/");
  options.limits.page_bytes = 1 << 20;
  options.timeouts.first_byte = options.timeouts.idle = seconds(6);
  options.timeouts.total = seconds(12);
  options.at_once_per_host = 40;
  const auto pages = crawled(options);
  EXPECT_EQ(pages.size(), links.size() + 1);
  for (const auto& [path, error] : wanted) {
    const auto page = pages.find(server.origin() + path);
    ASSERT_NE(page, pages.end()) << path;
    EXPECT_EQ(error_of(page->second), error) << path;
  }
}

TEST(Crawler, FetchesEachAllowedPageOfASiteOnce) {
  const SiteOptions size{.pages = 700, .seed = 5};
  const DelayServerProcess server({.site = size});
  const MadeUpSite site(size);
  const auto pages = crawled(quick(server.origin() + "/site/"));
  std::uint64_t taken = 0;
  for (const auto& [url, page] : pages) taken += page.at("status") == 200 ? 1 : 0;
  EXPECT_EQ(taken, site.public_pages());
  for (std::uint64_t number = 0; number < size.pages; ++number) {
    const auto page = pages.find(server.origin() + site.path_of(number));
    ASSERT_NE(page, pages.end()) << number;
    EXPECT_EQ(error_of(page->second), site.is_private(number) ? "robots_disallow" : "");
    EXPECT_EQ(page->second.at("parent").is_null(), number == 0);
  }
}

TEST(Crawler, ReadsTheSitemap) {
  const SiteOptions size{.pages = 100, .seed = 2};
  // Forks before the other server has threads: one may hold a lock of the address sanitizer's.
  const DelayServerProcess site({.site = size});
  const BadServer server(
      {{"/", links_to({})}, {"/robots.txt", [](Peer& peer) {
                               peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nSitemap: " +
                                         std::string("/none\nSitemap: ") + "ORIGIN/s.xml\n");
                             }}});
  CrawlOptions options = quick(site.origin() + "/site/");
  options.sitemap = true;
  options.limits.depth = 0;  // so that only the sitemap leads to the others
  EXPECT_EQ(crawled(options).size(), MadeUpSite(size).public_pages());
  options.start = server.origin() + "/";
  EXPECT_EQ(crawled(options).size(), 1U);
}

TEST(Crawler, GoesOnWhereItWasKilled) {
  const SiteOptions size{.pages = 400, .seed = 9};
  const DelayServerProcess server({.site = size});
  const MadeUpSite site(size);
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("parlab-crawl-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  CrawlOptions options = quick(server.origin() + "/site/");
  options.state = folder / "state";
  options.at_once_per_host = 2;
  options.delay = milliseconds(1);
  for (int attempt = 1, complete = 0; complete == 0; ++attempt) {
    ASSERT_LT(attempt, 500);
    ChildProcess child = ChildProcess::fork([&] { crawl(options, {}); });
    // Longer each time, so that some attempt comes to its end however slow the machine is.
    std::this_thread::sleep_for(milliseconds(37 * attempt % 400 + 10 * attempt));
    child.signal(SIGKILL);
    const ExitStatus status = child.wait();
    complete = status.success() ? 1 : 0;
  }
  std::uint64_t taken = 0;
  for (const auto& [url, page] : crawled(options)) taken += page.at("status") == 200 ? 1 : 0;
  EXPECT_EQ(taken, site.public_pages());
  options.prefix = "/other/";
  EXPECT_THROW(crawled(options), UsageError);
  std::filesystem::remove_all(folder);
}

TEST(Crawler, TriesAgainWhatMayPass) {
  std::atomic<int> busy{0}, lost{0};
  const BadServer server(
      {{"/", links_to({"/busy", "/lost"})},
       {"/busy",
        [&](Peer& peer) {
          peer.send(busy++ < 2 ? "HTTP/1.1 503 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
                               : page_with({}));
        }},
       {"/lost", [&](Peer& peer) {
          if (lost++ >= 1) peer.send(page_with({}));
        }}});
  CrawlOptions options = quick(server.origin() + "/");
  options.retries = 3;
  const auto pages = crawled(options);
  EXPECT_EQ(error_of(pages.at(server.origin() + "/busy")), "");
  EXPECT_EQ(pages.at(server.origin() + "/busy").at("tries"), 3);
  EXPECT_EQ(error_of(pages.at(server.origin() + "/lost")), "");
  EXPECT_EQ(server.asked("/busy"), 3);
}

TEST(Crawler, BoundsRedirects) {
  std::map<std::string, Script> scripts = {{"/", links_to({"/a", "/chain0"})},
                                           {"/a", moves_to("/b")},
                                           {"/b", moves_to("/c")},
                                           {"/c", moves_to("/a")}};
  for (int i = 0; i < 20; ++i)
    scripts["/chain" + std::to_string(i)] = moves_to("/chain" + std::to_string(i + 1));
  const BadServer server(scripts);
  const auto pages = crawled(quick(server.origin() + "/"));
  EXPECT_EQ(error_of(pages.at(server.origin() + "/c")), "redirect_loop");
  EXPECT_EQ(error_of(pages.at(server.origin() + "/chain10")), "redirect_limit");
  EXPECT_FALSE(pages.contains(server.origin() + "/chain11"));
}

TEST(Crawler, ASlowHostHoldsUpNoOther) {
  std::atomic<int> fast_pages{0};
  std::vector<std::string> fast_links;
  std::map<std::string, Script> fast_scripts;
  for (int i = 0; i < 60; ++i) {
    fast_links.push_back("/f" + std::to_string(i));
    fast_scripts[fast_links.back()] = [&](Peer& peer) {
      ++fast_pages;
      peer.send(page_with({}));
    };
  }
  const BadServer fast(fast_scripts);
  // Answers only when all pages of the other have been fetched.
  std::map<std::string, Script> slow_scripts;
  std::vector<std::string> links;
  for (int i = 0; i < 60; ++i) {
    links.push_back("/s" + std::to_string(i));
    slow_scripts[links.back()] = [&](Peer& peer) {
      for (int look = 0; look < 3000 && fast_pages < 60; ++look)
        std::this_thread::sleep_for(milliseconds(10));
      peer.send(page_with({}));
    };
  }
  for (const std::string& link : fast_links) links.push_back(fast.origin() + link);
  slow_scripts["/"] = links_to(links);
  const BadServer slow(slow_scripts);
  CrawlOptions options = quick(slow.origin() + "/");
  options.hosts = {fast.origin().substr(7)};
  options.at_once = 6;
  options.at_once_per_host = 4;
  const auto pages = crawled(options);
  EXPECT_EQ(pages.size(), 121U);
  for (const auto& [url, page] : pages) EXPECT_EQ(error_of(page), "") << url;
}

TEST(Crawler, KeepsWithinItsLimits) {
  const BadServer trap({{"/", [](Peer& peer) {
                           const std::string& t = peer.target;
                           peer.send(page_with({t + (t.size() > 1 ? "" : "?") + "a",
                                                t + (t.size() > 1 ? "" : "?") + "b"}));
                         }}});
  CrawlOptions options = quick(trap.origin() + "/");
  options.limits.pages = 50;
  EXPECT_EQ(crawled(options).size(), 50U);
  options.limits = {.depth = 3};
  EXPECT_EQ(crawled(options).size(), 1U + 2 + 4 + 8);
  const BadServer long_link({{"/", links_to({"/" + std::string(1 << 20, 'a'), "/b/c", "/d",
                                             "http://elsewhere.test/b/", "//127.0.0.2/b/"})},
                             {"/b/c", links_to({})}});
  options = quick(long_link.origin() + "/");
  options.prefix = "/";
  EXPECT_EQ(crawled(options).size(), 3U);
  options.prefix = "/b/";
  EXPECT_EQ(crawled(options).size(), 2U);
}

TEST(Crawler, ObeysRobotsHoweverItAnswers) {
  const auto with_robots = [](const Script& robots) {
    return std::map<std::string, Script>{
        {"/", links_to({"/a"})},
        {"/a", links_to({})},
        {"/robots.txt", robots},
        {"/r", [](Peer& peer) {
           peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nUser-agent: *\nDisallow: /a\n");
         }}};
  };
  const BadServer broken(
      with_robots([](Peer& peer) { peer.send("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"); }));
  EXPECT_EQ(error_of(crawled(quick(broken.origin() + "/")).begin()->second), "robots_unreachable");
  EXPECT_EQ(broken.asked("/"), 0);
  const BadServer moved(with_robots(moves_to("/r")));
  EXPECT_EQ(error_of(crawled(quick(moved.origin() + "/")).at(moved.origin() + "/a")),
            "robots_disallow");
  EXPECT_EQ(moved.asked("/a"), 0);
  const BadServer huge(with_robots([](Peer& peer) {
    bool is_there =
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nUser-agent: *\nDisallow: /a\n");
    for (int i = 0; is_there && i < 10'000; ++i)
      is_there = peer.send(std::string(4096, '#') + "\n");
  }));
  CrawlOptions options = quick(huge.origin() + "/");
  options.limits.page_bytes = 1 << 20;
  EXPECT_EQ(error_of(crawled(options).at(huge.origin() + "/a")), "robots_disallow");
  options.robots = false;
  EXPECT_EQ(error_of(crawled(options).at(huge.origin() + "/a")), "");
}

TEST(Crawler, ReadsRobotsThatAreCompressedOrAsksForNothing) {
  const std::string packed = gzip("User-agent: *\nDisallow: /a\n");
  const auto error_of_a = [](const std::string& body) {
    const BadServer server({{"/", links_to({"/a"})},
                            {"/a", links_to({})},
                            {"/robots.txt", [=](Peer& peer) {
                               peer.send(
                                   "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                                   "Connection: close\r\n\r\n" +
                                   body);
                             }}});
    const auto pages = crawled(quick(server.origin() + "/"));
    const auto page = pages.find(server.origin() + "/a");
    return page == pages.end() ? error_of(pages.begin()->second) : error_of(page->second);
  };
  EXPECT_EQ(error_of_a(packed), "robots_disallow");
  EXPECT_EQ(error_of_a("User-agent: *\nDisallow: /b\n"), "robots_unreachable");  // no gzip
  EXPECT_EQ(error_of_a(packed.substr(0, packed.size() / 2)), "robots_unreachable");
}

TEST(Crawler, VerifiesCertificates) {
  using Tls = BadServer::Tls;
  for (const auto& [kind, error] :
       {std::pair{Tls::expired, "tls_expired"}, std::pair{Tls::self_signed, "tls_self_signed"},
        std::pair{Tls::wrong_host, "tls_wrong_host"}, std::pair{Tls::valid, ""}}) {
    const BadServer server({{"/", links_to({})}}, kind);
    CrawlOptions options = quick(server.origin() + "/");
    options.ca_file = server.ca_file();
    EXPECT_EQ(error_of(crawled(options).begin()->second), error);
    options.ca_file.clear();
    if (kind == Tls::valid) {
      EXPECT_THAT(error_of(crawled(options).begin()->second), testing::StartsWith("tls_"));
    }
  }
}

TEST(Crawler, EndsWhereNobodyAccepts) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 0), 0);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  std::vector<int> waiting;  // fill the backlog
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int code = connect(waiting.back(), reinterpret_cast<sockaddr*>(&address), size);
    EXPECT_TRUE(code == 0 || errno == EINPROGRESS) << i;
  }
  CrawlOptions options = quick("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/");
  options.timeouts.connect = milliseconds(500);
  EXPECT_EQ(error_of(crawled(options).begin()->second), "connect_timeout");
  for (const int one : waiting) close(one);
  close(fd);
  EXPECT_EQ(error_of(crawled(options).begin()->second), "connect_refused");
}

TEST(Crawler, RefusesPrivateAddressesUnlessItStartsAtOne) {
  const BadServer inside({{"/", links_to({})}});
  const std::filesystem::path state =
      std::filesystem::temp_directory_path() / ("parlab-private-" + std::to_string(getpid()));
  CrawlOptions options = quick("http://no-such-host.invalid/");
  options.hosts = {inside.origin().substr(7)};
  options.state = state;
  options.timeouts.resolve = seconds(2);
  const auto first = crawled(options);
  EXPECT_THAT(error_of(first.begin()->second), testing::StartsWith("resolve_"));
  PageStore(state).add({inside.origin() + "/", inside.origin(), 1, 0}, 1);
  EXPECT_EQ(error_of(crawled(options).at(inside.origin() + "/")), "private_address");
  EXPECT_EQ(inside.asked("/"), 0);
  PageStore(state).add({inside.origin() + "/b", inside.origin(), 1, 0}, 1);
  options.allow_private = true;
  EXPECT_EQ(error_of(crawled(options).at(inside.origin() + "/b")), "http_404");
  std::filesystem::remove(state);
}

TEST(IsPrivate, KnowsTheRanges) {
  const auto verdict = [](const char* text) {
    return is_private(boost::asio::ip::make_address(text));
  };
  for (const char* inside :
       {"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1",
        "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"})
    EXPECT_TRUE(verdict(inside)) << inside;
  for (const char* outside :
       {"8.8.8.8", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2606:4700::1111", "::ffff:8.8.8.8"})
    EXPECT_FALSE(verdict(outside)) << outside;
}

}  // namespace
}  // namespace parlab
