#include "kernels/network/crawler/parsing/address.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "kernels/network/crawler/page_files.hpp"

namespace parlab {
namespace {

std::string normal(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? address->text() : "none";
}

std::string resolved(std::string_view base, std::string_view reference) {
  const auto address = Address::parse(base);
  const auto target = address ? address->resolve(reference) : std::nullopt;
  return target ? target->text() : "none";
}

TEST(Address, HasOneNormalForm) {
  for (const char* same :
       {"http://example.com/a/b", "HTTP://Example.COM:80/a/b", "http://example.com/a/./x/../b",
        "http://example.com/%61/b#part", "  http://example.com/a/b\n", "http://example.com:/a/b",
        "http://exam\nple.com/a\t/b", "http://example.com/../../a/b"})
    EXPECT_EQ(normal(same), "http://example.com/a/b") << same;
  EXPECT_EQ(normal("https://h:443?q"), "https://h/?q");
  EXPECT_EQ(normal("http://h/a b|c\xC3\xA9%2f%zz"), "http://h/a%20b|c%C3%A9%2F%zz");
  EXPECT_EQ(normal("http://[::1]:8080/x"), "http://[::1]:8080/x");
}

TEST(Address, RefusesWhatCannotBeFetched) {
  for (const char* bad : {"",
                          "/a",
                          "ftp://h/",
                          "file:///etc/passwd",
                          "javascript:void(0)",
                          "mailto:a@b",
                          "http://",
                          "http://h:99999/",
                          "http://h:0/",
                          "http://user:secret@h/",
                          "http://h:x/",
                          "http://[::g]/",
                          "http://[::1/",
                          "http://[]/",
                          "http://[1.2.3.4]/",
                          "http://user@h/",
                          "http://:secret@h/",
                          "http://@@h/",
                          "http://[::1]x/",
                          "1http://h/",
                          "ht tp://h/",
                          "://h/"})
    EXPECT_EQ(normal(bad), "none") << bad;
  EXPECT_EQ(normal("http://h/" + std::string(1 << 20, 'a')), "none");
  EXPECT_EQ(resolved("http://h/", std::string(1 << 20, 'a')), "none");
}

TEST(Address, ResolvesAgainstABaseWithoutAPath) {
  EXPECT_EQ(resolved("http://h", "a"), "http://h/a");
  EXPECT_EQ(resolved("https://h:8443?q", "?r"), "https://h:8443/?r");
  EXPECT_EQ(resolved("https://h?q", "//g:443/x"), "https://g/x");
  EXPECT_EQ(resolved("https://h/a/b", "http:c"), "http://c/");
  EXPECT_EQ(resolved("http://h/a/b", "http:c"), "http://h/a/c");
  EXPECT_EQ(resolved("http://h/a//b", "../c"), "http://h/a/c");
  EXPECT_EQ(resolved("http://h/a", "b:8080/c"), "none");
  EXPECT_EQ(resolved("http://h/a", "./b:8080/c"), "http://h/b:8080/c");
}

TEST(Address, UndoesEscapesOfUnreservedBytesOnly) {
  std::string reserved;  // of each byte that may mean something where it is bare
  for (const char c : std::string_view("!$&'()*+,/:;=@?#[]")) {
    char escape[4];
    std::snprintf(escape, sizeof escape, "%%%02X", c);
    reserved += escape;
  }
  const std::string wanted = "http://h/p" + reserved + "/x?q=" + reserved;
  EXPECT_EQ(normal(wanted), wanted);
  EXPECT_EQ(resolved("http://h/", wanted.substr(8)), wanted);
  EXPECT_EQ(resolved(wanted, "y"), "http://h/p" + reserved + "/y");
  EXPECT_EQ(normal("http://h/%41%7a%30%2d%2E%5f%7e%2f?%41%26"), "http://h/Az0-._~%2F?A%26");
  EXPECT_EQ(normal("http://h/%00%0a%25%ff%C3%a9"), "http://h/%00%0A%25%FF%C3%A9");
}

TEST(Address, IsTheSameWhenReadAgain) {
  for (const char* odd :
       {"http://h/%%34%31", "http://h/%4%31?%%4%31%", "http://h/%25%34%31/%/..%2e",
        "http://h/%\t41", "http://0x7f.1/%2e%2e//a"})
    EXPECT_EQ(normal(normal(odd)), normal(odd)) << odd;
  EXPECT_EQ(normal("http://h/%%34%31%41"), "http://h/%%34%31A");
}

TEST(Address, EscapesWhatBrowsersEscape) {
  EXPECT_EQ(normal("http://h/ \"<>`{}^|[]'!$&()*+,;=:@~\x7F"),
            "http://h/%20%22%3C%3E%60%7B%7D%5E|[]'!$&()*+,;=:@~%7F");
  EXPECT_EQ(normal("http://h/?\"<>`{}^|[]'\\/?a b"), "http://h/?%22%3C%3E`{}^|[]%27\\/?a%20b");
}

// WHATWG URL, as its test data has it, but for fragments and users.
TEST(Address, ReadsReferencesAsBrowsersDo) {
  const struct {
    const char *reference, *target;
  } examples[] = {
      {"\\\\x\\hello", "http://x/hello"},
      {"/\\x/y", "http://x/y"},
      {"///x///y", "http://x///y"},
      {"////x", "http://x/"},
      {"http:foo", "http://example.org/foo/foo"},
      {"http:/foo", "http://example.org/foo"},
      {"http:\\foo", "http://example.org/foo"},
      {"http:////x:/y", "http://x/y"},
      {"HTTP:", "http://example.org/foo/bar"},
      {"https:x/y", "https://x/y"},
      {"https:/x/y", "https://x/y"},
      {"https:///x", "https://x/"},
      {"(http://x/y", "http://example.org/foo/(http://x/y"},
      {"10:30.html", "http://example.org/foo/10:30.html"},
      {":foo", "http://example.org/foo/:foo"},
      {":", "http://example.org/foo/:"},
      {"a\\b\\..\\c", "http://example.org/foo/a/c"},
      {"/a/ /c", "http://example.org/a/%20/c"},
      {"/a%2fc", "http://example.org/a%2Fc"},
      {"/%2e%2E/a/%2e./b", "http://example.org/b"},
      {"..%2Fx", "http://example.org/foo/..%2Fx"},
      {"?a#b?c", "http://example.org/foo/bar?a"},
      {" \x1F ?x \x01", "http://example.org/foo/bar?x"},
      {"x\ty\nz", "http://example.org/foo/xyz"},
      {"javascript:x", "none"},
      {"tel:1", "none"},
      {"http://::@c@d:2", "none"},
      {"http://@x/", "http://x/"},
      {"http://:@x/", "http://x/"},
      {"http://x:/", "http://x/"},
      {"http://x:000080/", "http://x/"},
      {"http://x:65536/", "none"},
      {"http://x:1x/", "none"},
      {"http://x:+80/", "none"},
      {"http://?", "none"},
      {"//:80", "none"},
  };
  for (const auto& [reference, target] : examples)
    EXPECT_EQ(resolved("http://example.org/foo/bar", reference), target) << reference;
}

TEST(Address, EncodesAQueryInThePagesCharset) {
  const Address page = *Address::parse("http://h/a");
  const auto charset = [](const char* label) { return *Charset::labelled(label); };
  const std::string reference = "\xC3\xA9?q=\xC3\xA9\xD0\x96&x='";
  EXPECT_EQ(page.resolve(reference)->text(), "http://h/%C3%A9?q=%C3%A9%D0%96&x=%27");
  EXPECT_EQ(page.resolve(reference, charset("latin1"))->text(),
            "http://h/%C3%A9?q=%E9%26%231046%3B&x=%27");
  EXPECT_EQ(page.resolve(reference, charset("windows-1251"))->text(),
            "http://h/%C3%A9?q=%26%23233%3B%C6&x=%27");
  EXPECT_EQ(page.resolve(reference, charset("utf-16"))->target(), "/%C3%A9?q=%C3%A9%D0%96&x=%27");
}

// RFC 3986, 5.4.1 and 5.4.2, with what the normal form makes of them.
TEST(Address, ResolvesTheExamplesOfTheRfc) {
  const struct {
    const char *reference, *target;
  } examples[] = {
      {"g:h", "none"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {"g?y#s", "http://a/b/c/g?y"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/../x", "http://a/b/c/g"},
  };
  for (const auto& [reference, target] : examples)
    EXPECT_EQ(resolved("http://a/b/c/d;p?q", reference), target) << reference;
}

TEST(Address, LetsNoLineBreakIntoARequest) {
  const auto address = Address::parse("http://h/a\r\nX: evil\r\n\r\nGET /b?c=d e\x01");
  ASSERT_TRUE(address);
  for (const char c : address->text()) EXPECT_GT(c, ' ');
  EXPECT_FALSE(Address::parse("http://h\r\nX: y/"));
}

TEST(Address, SaysWhatARequestNeeds) {
  const auto address = Address::parse("https://Example.com:8443/a?b#c");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host(), "example.com");
  EXPECT_EQ(address->port(), 8443);
  EXPECT_EQ(address->authority(), "example.com:8443");
  EXPECT_EQ(address->target(), "/a?b");
  EXPECT_EQ(Address::parse("http://[::1]/")->host(), "::1");
}

TEST(PageFiles, NamesNoFileOutsideItsFolder) {
  for (const char* text : {"http://h/../../etc/passwd", "http://h/%2e%2e%2f%2e%2e%2fx",
                           "http://h/a%00b", "http://h/..%5c..%5cx", "http://h//etc/passwd"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    const std::string name = PageFiles::name_of(*address);
    EXPECT_EQ(name.find_first_of("/\\."), std::string::npos) << name;
    EXPECT_LT(name.size(), 255U);
  }
  EXPECT_NE(PageFiles::name_of(*Address::parse("http://h/a?b")),
            PageFiles::name_of(*Address::parse("http://h/a/b")));
}

}  // namespace
}  // namespace parlab
