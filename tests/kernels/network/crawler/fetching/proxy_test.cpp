#include "kernels/network/crawler/fetching/proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/errors.hpp"
#include "kernels/base/text/base64.hpp"
#include "tests/kernels/network/crawler/crawled.hpp"
#include "tests/kernels/network/crawler/fetching/forward_proxy.hpp"
#include "tests/kernels/network/raw_exchange.hpp"

namespace parlab {
namespace {

using Peer = BadServer::Peer;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Environment = std::map<std::string, std::string>;

Proxies proxies_of(const Environment& environment) {
  return Proxies::from_environment([&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

/// "host:port" of the proxy for an address; "" for none.
std::string proxy_for(const Environment& environment, const std::string& url) {
  const Proxies proxies = proxies_of(environment);
  const Proxy* const proxy = proxies.proxy_for(*Address::parse(url));
  return proxy ? proxy->address.authority() : "";
}

std::string local(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }
std::uint16_t port_of(const BadServer& server) {
  return Address::parse(server.origin() + "/")->port();
}

TEST(Proxies, AreTakenFromTheEnvironment) {
  EXPECT_EQ(proxy_for({}, "http://a/"), "");
  EXPECT_EQ(proxy_for({{"http_proxy", "http://p:3128"}}, "http://a/"), "p:3128");
  EXPECT_EQ(proxy_for({{"http_proxy", "http://p:3128"}}, "https://a/"), "");
  EXPECT_EQ(proxy_for({{"https_proxy", "p:3128/"}}, "https://a/"), "p:3128");
  EXPECT_EQ(proxy_for({{"HTTPS_PROXY", " http://[::1]:3128 "}}, "https://a/"), "[::1]:3128");
  EXPECT_EQ(proxy_for({{"ALL_PROXY", "HTTP://P"}}, "http://a/"), "p");
  EXPECT_EQ(proxy_for({{"all_proxy", "p"}, {"https_proxy", "q"}}, "https://a/"), "q");
  EXPECT_EQ(proxy_for({{"http_proxy", ""}}, "http://a/"), "");
  EXPECT_EQ(proxy_for({{"HTTP_PROXY", "http://p"}}, "http://a/"), "");  // a client's field, maybe
}

TEST(Proxies, AreNotUsedForExceptions) {
  const auto is_direct = [](const std::string& no_proxy, const std::string& url) {
    return proxy_for({{"all_proxy", "p"}, {"no_proxy", no_proxy}}, url).empty();
  };
  EXPECT_TRUE(is_direct("*", "http://a/"));
  for (const char* pattern :
       {"b.example", ".b.example", "*.b.example", "x,B.Example , y", "example"})
    EXPECT_TRUE(is_direct(pattern, "http://a.b.example/")) << pattern;
  EXPECT_TRUE(is_direct("b.example", "https://b.example:8443/"));
  for (const char* pattern : {"a", ".example.b", "bb.example", "xample", "b.example:81", "", ","})
    EXPECT_FALSE(is_direct(pattern, "http://bbb.example/")) << pattern;
  EXPECT_TRUE(is_direct("a:81", "http://a:81/"));
  EXPECT_FALSE(is_direct("a:81", "http://a/"));
  EXPECT_TRUE(is_direct("10.0.0.0/8", "http://10.1.2.3/"));
  EXPECT_TRUE(is_direct("192.168.4.0/22", "http://192.168.7.255/"));
  EXPECT_FALSE(is_direct("192.168.4.0/22", "http://192.168.8.0/"));
  EXPECT_FALSE(is_direct("10.0.0.0/33,10.0.0.0/x,/8", "http://10.0.0.0/"));
  EXPECT_TRUE(is_direct("0.0.0.0/0", "http://9.9.9.9/"));
  EXPECT_TRUE(is_direct("fd00::/8", "http://[fd12::1]/"));
  EXPECT_TRUE(is_direct("[::1]", "http://[::1]:81/"));
  EXPECT_TRUE(is_direct("::1", "http://[::1]/"));
  EXPECT_FALSE(is_direct("10.0.0.0/8", "http://a/"));
  EXPECT_TRUE(proxy_for({{"all_proxy", "p"}, {"NO_PROXY", "a"}}, "http://a/").empty());
}

TEST(Proxies, RefuseWhatTheyCannotUseAndKeepPasswords) {
  for (const char* bad : {"socks5://me:s3cret@h:1080", "https://me:s3cret@h", "http://me:s3cret@",
                          "http://me:s3cret@h/path", "http://me:s3cret@h:port", "http://"}) {
    try {
      proxies_of({{"http_proxy", bad}});
      ADD_FAILURE() << bad;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("http_proxy"));
      EXPECT_THAT(error.what(), HasSubstr("http://HOST:PORT"));
      EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
    }
  }
}

TEST(Proxy, IsToldTheWholeAddressOfHttp) {
  BadServer server({{"/", links_to({"/a?b", "http://other.example/"})}, {"/a", says("x")}});
  ForwardProxy proxy({{"site.example:80", port_of(server)}});
  CrawlOptions options = quick("http://site.example/");
  options.proxies = proxies_of({{"http_proxy", local(proxy.port())}});
  const auto pages = crawled(options);
  ASSERT_EQ(pages.size(), 2U);
  EXPECT_EQ(error_of(pages.at("http://site.example/a?b")), "");
  EXPECT_EQ(server.asked("/a"), 1);
  const auto requests = proxy.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_THAT(requests[0], StartsWith("GET http://site.example/robots.txt HTTP/1.1\r\nHost: "
                                      "site.example\r\n"));
  EXPECT_THAT(requests[2], StartsWith("GET http://site.example/a?b HTTP/1.1\r\n"));
  EXPECT_THAT(requests, Each(Not(HasSubstr("Proxy-Authorization"))));
}

TEST(Proxy, TunnelsHttpsAndSeesTheHostOnly) {
  std::string seen;
  BadServer server({{"/secret",
                     [&](Peer& peer) {
                       seen = peer.request;
                       peer.send(page_with({}));
                     }}},
                   BadServer::Tls::valid);
  ForwardProxy proxy({}, "Basic " + base64("me:pass word"));
  CrawlOptions options = quick(server.origin() + "/secret");
  options.ca_file = server.ca_file();
  const std::string port = std::to_string(proxy.port());
  options.proxies = proxies_of({{"https_proxy", "http://me:pass%20word@127.0.0.1:" + port}});
  const auto pages = crawled(options);
  EXPECT_EQ(error_of(pages.at(server.origin() + "/secret")), "");
  EXPECT_THAT(seen, StartsWith("GET /secret HTTP/1.1\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("Proxy")));
  const std::string host = "127.0.0.1:" + std::to_string(port_of(server));
  EXPECT_THAT(proxy.requests(), Each(StartsWith("CONNECT " + host + " HTTP/1.1\r\nHost: " + host)));
  EXPECT_THAT(proxy.requests(), Each(Not(HasSubstr("secret"))));
}

TEST(Proxy, ThatRefusesOrIsAwayIsNamed) {
  BadServer server({{"/", says("x")}}, BadServer::Tls::valid);
  ForwardProxy proxy({}, "Basic x");
  const auto error_by = [&](const std::string& start, std::uint16_t port) {
    CrawlOptions options = quick(start);
    options.ca_file = server.ca_file();
    options.proxies = proxies_of({{"all_proxy", local(port)}});
    return error_of(crawled(options).at(start));
  };
  EXPECT_EQ(error_by(server.origin() + "/", proxy.port()), "proxy_http_407");
  EXPECT_EQ(error_by("http://127.0.0.1:9/", proxy.port()), "proxy_http_407");
  EXPECT_EQ(error_by(server.origin() + "/", free_port()), "proxy_unreachable");
  EXPECT_EQ(error_by("http://a.example/", free_port()), "proxy_unreachable");
  ForwardProxy open;
  EXPECT_EQ(error_by("https://127.0.0.1:" + std::to_string(free_port()) + "/", open.port()),
            "proxy_http_502");
}

TEST(Proxy, IsNotAskedForExceptions) {
  BadServer server({{"/", says("x")}});
  ForwardProxy proxy;
  CrawlOptions options = quick(server.origin() + "/");
  options.proxies = proxies_of({{"http_proxy", local(proxy.port())}, {"no_proxy", "127.0.0.0/8"}});
  EXPECT_EQ(error_of(crawled(options).at(server.origin() + "/")), "");
  EXPECT_TRUE(proxy.requests().empty());
}

TEST(Proxy, IsNotAskedForPrivateHosts) {
  BadServer server({{"/", links_to({"http://10.0.0.1/", "http://localhost/", "http://[::1]/"})}});
  ForwardProxy proxy({{"site.example:80", port_of(server)}});
  CrawlOptions options = quick("http://site.example/");
  options.hosts = {"10.0.0.1", "localhost", "[::1]"};
  options.proxies = proxies_of({{"http_proxy", local(proxy.port())}});
  const auto pages = crawled(options);
  ASSERT_EQ(pages.size(), 4U);
  for (const char* host : {"10.0.0.1", "localhost", "[::1]"})
    EXPECT_EQ(error_of(pages.at("http://" + std::string(host) + "/")), "private_address");
  EXPECT_THAT(proxy.requests(), Each(StartsWith("GET http://site.example/")));
}

}  // namespace
}  // namespace parlab
