#include "kernels/network/crawler/page_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace parlab {
namespace {

using nlohmann::ordered_json;

TEST(JsonFields, AreReadBackByAnyReader) {
  JsonFields inner;
  EXPECT_TRUE(inner.empty());
  inner.add("tiny", 1e-9);
  inner.add("none", 0.0);
  JsonFields fields;
  fields.add("large", UINT64_MAX);
  fields.add("object", inner);
  fields.add_or_null("nothing", "");
  fields.add_all(JsonFields().text());
  fields.add_all(inner.text());
  EXPECT_EQ(ordered_json::parse(fields.text()),
            (ordered_json{{"large", UINT64_MAX},
                          {"object", {{"tiny", 1e-9}, {"none", 0.0}}},
                          {"nothing", nullptr},
                          {"tiny", 1e-9},
                          {"none", 0.0}}));
}

TEST(JsonFields, EscapeWhatIsNotPlain) {
  for (const std::string& text :
       {std::string("plain"), std::string("\"\\/\b\n"), std::string("\x1b[31m\x7f"),
        std::string("\xC2\x9B \xE2\x80\xAE \xF0\x9F\x98\x80"), std::string("a\0b", 3)}) {
    JsonFields fields;
    fields.add(text, text);
    const std::string line = fields.text();
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c < 0x7F; })) << line;
    EXPECT_EQ(ordered_json::parse(line), (ordered_json{{text, text}}));
  }
  JsonFields spoiled;
  spoiled.add("text", "\xFF\xC3");
  EXPECT_EQ(ordered_json::parse(spoiled.text()).at("text"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(PageLine, HasItsFieldsInOrder) {
  JsonFields more;
  more.add("type", "text/html");
  const ordered_json line = ordered_json::parse(page_line({.url = "http://h/",
                                                           .result = {.status = 301,
                                                                      .error = "redirect_loop",
                                                                      .bytes = 7,
                                                                      .seconds = 0.25,
                                                                      .tries = 2,
                                                                      .redirect = "http://h/a",
                                                                      .more = more.text()},
                                                           .depth = 3,
                                                           .parent = "http://h/p",
                                                           .final_page = "http://h/b"}));
  EXPECT_EQ(line.dump(),
            R"({"url":"http://h/","status":301,"error":"redirect_loop","bytes":7,"seconds":0.25,)"
            R"("depth":3,"parent":"http://h/p","tries":2,"redirect":"http://h/a",)"
            R"("type":"text/html","final":"http://h/b"})");
  const ordered_json least = ordered_json::parse(page_line({.url = "http://h/"}));
  EXPECT_TRUE(least.at("error").is_null() && least.at("parent").is_null());
  EXPECT_FALSE(least.contains("redirect") || least.contains("final"));
}

}  // namespace
}  // namespace parlab
