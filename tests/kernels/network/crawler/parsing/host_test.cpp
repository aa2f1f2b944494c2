#include "kernels/network/crawler/parsing/host.hpp"

#include <gtest/gtest.h>

#include "kernels/network/crawler/parsing/idna.hpp"

namespace parlab {
namespace {

std::string host(std::string_view text) { return normal_host(text).value_or("none"); }

TEST(NormalHost, KeepsNamesInLowerCase) {
  for (const char* same : {"example.com", "EXAMPLE.com", "ex%41mple.COM", "example%2Ecom"})
    EXPECT_EQ(host(same), "example.com") << same;
  for (const char* name : {"127.0.0.1.nip.io", "1.2.3.4x", "a_b.c", "-a-.b", "a..b", "example.com.",
                           "xn", "0x.example", "1e3", "r3---sn-x.example", "a!$&'()*+,;=~\"b{}`"})
    EXPECT_EQ(host(name), name) << name;
}

TEST(NormalHost, ReadsNumbersAsIpv4) {
  for (const char* same : {"192.168.0.1", "192.168.1", "192.11010049", "3232235521", "0xC0A80001",
                           "0300.0250.0.01", "192.168.0.1.", "0xc0.168.0.0x1", "%3192.168.0.1"})
    EXPECT_EQ(host(same), "192.168.0.1") << same;
  EXPECT_EQ(host("0x"), "0.0.0.0");
  EXPECT_EQ(host("1.2"), "1.0.0.2");
}

TEST(NormalHost, RefusesWhatNoHostCanBe) {
  for (const char* bad : {"",
                          "a b",
                          "a%20b",
                          "a%00b",
                          "a%",
                          "a%2Fb",
                          "a#b",
                          "a<b",
                          "a>b",
                          "a@b",
                          "a[b",
                          "a]b",
                          "a^b",
                          "a|b",
                          "a\\b",
                          "a\x7F",
                          "256.0.0.1",
                          "1.2.3.4.5",
                          "1.2.3.08",
                          "1..2",
                          "4294967296",
                          "0x100000000",
                          "1.2.65536",
                          "a.1",
                          "x.0x1f",
                          "99999999999999999999999",
                          "[::1",
                          "[]",
                          "[1.2.3.4]",
                          "[::g]",
                          "[1::2::3]",
                          "[::1%251]",
                          "[fe80::1%eth0]",
                          "::1"})
    EXPECT_EQ(host(bad), "none") << bad;
}

TEST(NormalHost, WritesIpv6Shortest) {
  EXPECT_EQ(host("[0:0:0:0:0:0:0:1]"), "[::1]");
  EXPECT_EQ(host("[::]"), "[::]");
  EXPECT_EQ(host("[2001:DB8:0:0:1:0:0:1]"), "[2001:db8::1:0:0:1]");
  EXPECT_EQ(host("[1:0:2:0:3:0:4:0]"), "[1:0:2:0:3:0:4:0]");
  EXPECT_EQ(host("[1:2:3:4:5:6:0:0]"), "[1:2:3:4:5:6::]");
  EXPECT_EQ(host("[0:0:1:0:0:0:1:0]"), "[0:0:1::1:0]");
  EXPECT_EQ(host("[::ffff:192.168.0.1]"), "[::ffff:c0a8:1]");
}

TEST(NormalHost, WritesNamesBeyondAsciiInPunycode) {
  if (!has_idna()) GTEST_SKIP() << "this build lacks libidn2";
  EXPECT_EQ(host("b\u00FCcher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(host("B%C3%9Ccher.Example"), "xn--bcher-kva.example");
  EXPECT_EQ(host("bu\u0308cher.example"), "xn--bcher-kva.example");  // not in NFC
  EXPECT_EQ(host("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_EQ(host("XN--BCHER-KVA.example"), "xn--bcher-kva.example");
  EXPECT_EQ(host("fa\u00DF.de"), "xn--fa-hia.de");
  EXPECT_EQ(host("\u65E5\u672C\u8A9E\u3002jp"), "xn--wgv71a119e.jp");
  EXPECT_EQ(host("\uFF27\uFF4F.com"), "go.com");
  EXPECT_EQ(host("a\u00AD.b"), "a.b");
  EXPECT_EQ(host("\uFF10\uFF38c0.\uFF10250.01"), "192.168.0.1");
  EXPECT_EQ(host("\u2603.net"), "xn--n3h.net");
  EXPECT_EQ(host("\U0001F4A9.la"), "xn--ls8h.la");
  EXPECT_EQ(host("xn--ls8h.la"), "xn--ls8h.la");
  EXPECT_EQ(host("I\u2764\uFE0F.ws"), "xn--i-7iq.ws");
  EXPECT_EQ(host("-x.\u00FC"), "-x.xn--tda");
  for (const char* bad : {"xn--", "xn--a",
                          "a\uFF05"
                          "b",
                          "\u200C.x", "\u00FC..\uFFFD", "\xFF.x", "\u00AD", "a\u2028b"})
    EXPECT_EQ(host(bad), "none") << bad;
}

}  // namespace
}  // namespace parlab
