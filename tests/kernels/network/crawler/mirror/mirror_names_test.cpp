#include "kernels/network/crawler/mirror/mirror_names.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/parsing/escapes.hpp"

namespace parlab {
namespace {

std::string wanted(const std::string& url, const std::string& type = "text/html") {
  return wanted_path(Address::parse(url).value(), type);
}

TEST(MirrorNames, AreLikeTheSites) {
  EXPECT_EQ(wanted("http://h/"), "h/index.html");
  EXPECT_EQ(wanted("https://h:8443/a/b.html"), "h_8443/a/b.html");
  EXPECT_EQ(wanted("http://h/a/"), "h/a/index.html");
  EXPECT_EQ(wanted("http://h/a"), "h/a.html");
  EXPECT_EQ(wanted("http://h/a.htm", "TEXT/HTML; charset=x"), "h/a.htm");
  EXPECT_EQ(wanted("http://h/p.php?id=3"), "h/p@id=3.php.html");
  EXPECT_EQ(wanted("http://h/s.css?v=1", "text/css"), "h/s@v=1.css");
  EXPECT_EQ(wanted("http://h/x?a=b/c", "image/png"), "h/x@a=b%2Fc");
  EXPECT_EQ(wanted("http://h/b%C3%BCcher%20x.pdf", "application/pdf"),
            "h/b\xC3\xBC"
            "cher x.pdf");
  EXPECT_EQ(wanted("http://[::1]/x.png", "image/png"), "%3A%3A1/x.png");
}

TEST(MirrorNames, AreTakenByEveryFileSystem) {
  EXPECT_EQ(safe_file_name("%2e%2e"), "%2E%2E");
  EXPECT_EQ(safe_file_name("."), "%2E");
  EXPECT_EQ(safe_file_name("a%2Fb%5Cc%00%0A"), "a%2Fb%5Cc%00%0A");
  EXPECT_EQ(safe_file_name("<a>:\"|?*"), "%3Ca%3E%3A%22%7C%3F%2A");
  EXPECT_EQ(safe_file_name("a."), "a%2E");
  EXPECT_EQ(safe_file_name("a%20"), "a%20");
  EXPECT_EQ(safe_file_name("CON"), "_CON");
  EXPECT_EQ(safe_file_name("lpt1.tar.gz"), "_lpt1.tar.gz");
  EXPECT_EQ(safe_file_name("Com%C2%B9 .x"), "_Com\xC2\xB9 .x");
  EXPECT_EQ(safe_file_name("console"), "console");
  EXPECT_EQ(safe_file_name("a%E2%80%AEb"), "a%E2%80%AEb");  // turns the direction of a text
  EXPECT_EQ(safe_file_name("%FF"), "%FF");
  EXPECT_EQ(safe_file_name("%C2%9B"), "%C2%9B");  // a control character of terminals
  EXPECT_EQ(safe_file_name(""), "_");
  EXPECT_EQ(safe_file_name(".parlab-part"), "_.parlab-part");
  const std::string long_name = safe_file_name(std::string(5000, 'x') + ".png");
  EXPECT_LT(long_name.size(), 255U);
  EXPECT_TRUE(long_name.ends_with(".png"));
  EXPECT_NE(long_name, safe_file_name(std::string(5001, 'x') + ".png"));
  std::string deep = "http://h/";
  for (int i = 0; i < 3000; ++i) deep += "a/";
  EXPECT_LT(wanted(deep).size(), 1200U);
}

TEST(MirrorNames, NeverCollide) {
  MirrorNames names("mirror.jsonl");
  std::set<std::string> files, folders;
  for (const char* url : {"http://h/a",           "http://h/A",
                          "http://h/a.html",      "http://h/a.html/b",
                          "http://h/a.HTML/c",    "http://h/d/e",
                          "http://h/d",           "http://h/d.html",
                          "http://h/x?y",         "http://h/x@y",
                          "http://h/%25",         "http://h/%2525",
                          "http://h/..%2f..%2fq", "http://h/i/",
                          "http://h/i/index",     "http://h/i/index.html",
                          "http://H/j",           "http://mirror.jsonl/k",
                          "http://h//",           "http://h/_/"}) {
    const std::string path = names.path_for(Address::parse(url).value(), "text/html");
    EXPECT_TRUE(files.insert(lower(path)).second) << url << " " << path;
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1))
      folders.insert(lower(path.substr(0, slash)));
    EXPECT_EQ(path.find("/../"), std::string::npos) << path;
  }
  for (const std::string& file : files) EXPECT_FALSE(folders.contains(file)) << file;
  EXPECT_FALSE(folders.contains("mirror.jsonl"));
}

TEST(MirrorNames, NeverCollideInOtherAlphabets) {
  // Each pair is one name to some file system: by case, or by Unicode's forms.
  for (const auto& [one, other] : {std::pair{"%C3%A9", "%C3%89"},
                                   {"%D0%B6", "%D0%96"},
                                   {"%CF%83", "%CF%82"},
                                   {"%C2%B5", "%CE%BC"},
                                   {"%C3%A9", "e%CC%81"},
                                   {"k", "%E2%84%AA"},
                                   {"%C3%85", "%E2%84%AB"},
                                   {"%EA%B0%80", "%E1%84%80%E1%85%A1"}}) {
    MirrorNames names("mirror.jsonl");
    const auto name = [&](const std::string& path) {
      return names.path_for(Address::parse("http://h/" + path).value(), "text/html");
    };
    EXPECT_EQ(name(one).size(), std::string("h/.html").size() + without_escapes(one).size());
    EXPECT_GT(name(other).size(), std::string("h/.html").size() + 16) << one << " " << other;
  }
  MirrorNames names("mirror.jsonl");
  EXPECT_TRUE(names.take("h/\xC3\xA9"));
  EXPECT_FALSE(names.take("h/\xC3\x89"));
}

TEST(MirrorNames, TakesOnlyPathsOfAMirror) {
  MirrorNames names("mirror.jsonl");
  EXPECT_TRUE(names.take("h/a"));
  for (const char* path : {"h/a", "H/A", "h/a/b", "h", "/etc/passwd", "../x", "h/../x", "h//x",
                           "h/", "", "mirror.jsonl/x", "h/."})
    EXPECT_FALSE(names.take(path)) << path;
}

}  // namespace
}  // namespace parlab
