#include "kernels/network/crawler/parsing/charset.hpp"

#include <gtest/gtest.h>

#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

std::string charset_of(std::string_view content_type, std::string_view body) {
  return std::string(Charset::of_page(content_type, body).name());
}
std::string text(std::string_view label, std::string_view bytes) {
  return Charset::labelled(label)->to_utf8(bytes);
}

TEST(Charset, KnowsTheLabelsOfTheWeb) {
  for (const auto& [label, name] :
       {std::pair{"UTF8", "UTF-8"}, std::pair{" latin1\n", "CP1252"}, std::pair{"ascii", "CP1252"},
        std::pair{"ISO_8859-1:1987", "CP1252"}, std::pair{"Shift_JIS", "CP932"},
        std::pair{"gb2312", "GB18030"}, std::pair{"euc-kr", "CP949"}, std::pair{"koi8-r", "KOI8-R"},
        std::pair{"utf-16", "UTF-16LE"}, std::pair{"big5", "BIG5-HKSCS"},
        std::pair{"x-user-defined", "CP1252"}})
    EXPECT_EQ(Charset::labelled(label)->name(), name) << label;
  for (const char* none : {"", " ", "utf-7", "none", "utf-8 utf8", "utf", "l", "ebcdic"})
    EXPECT_FALSE(Charset::labelled(none)) << none;
}

TEST(Charset, FindsThatOfAPageInTheOrderOfTheStandard) {
  const std::string meta = "<meta charset=koi8-r>";
  EXPECT_EQ(charset_of("text/html; charset=windows-1251", "\xEF\xBB\xBF" + meta), "UTF-8");
  EXPECT_EQ(charset_of("text/html; charset=windows-1251", "\xFE\xFF" + meta), "UTF-16BE");
  EXPECT_EQ(charset_of("text/html; Charset = 'windows-1251'", meta), "CP1251");
  EXPECT_EQ(charset_of("text/html; charset=nonsense", meta), "KOI8-R");
  EXPECT_EQ(charset_of("text/html", meta), "KOI8-R");
  EXPECT_EQ(charset_of("", "caf\xC3\xA9"), "UTF-8");
  EXPECT_EQ(charset_of("", "caf\xE9"), "CP1252");
}

TEST(Charset, ReadsTheMetaOfAPage) {
  for (const char* told : {"<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>",
                           "<META content=\"text/html;charset=koi8-r\" HTTP-EQUIV=content-type>",
                           "<!-- <meta charset=utf-8> --><html><meta/charset='koi8-r'/>",
                           "<!doctype html><?x <meta charset=utf-8?><meta name=x charset = koi8-r>",
                           "<a title='<meta charset=utf-8>'><meta charset=koi8-r>",
                           "<meta charset=nonsense><meta charset=koi8-r>",
                           "</p <meta charset=utf-8> ><meta charset=koi8-r>"})
    EXPECT_EQ(charset_of("", std::string(told) + "\xE9"), "KOI8-R") << told;
  for (const char* untold : {"<meta content='text/html; charset=koi8-r'>", "<metacharset=koi8-r>",
                             "<meta charset=", "<!--<meta charset=koi8-r>",
                             "<meta http-equiv=content-type charset>", "<meta"})
    EXPECT_EQ(charset_of("", std::string(untold) + "\xE9"), "CP1252") << untold;
  EXPECT_EQ(charset_of("", std::string(2000, ' ') + "<meta charset=koi8-r>\xE9"), "CP1252");
  EXPECT_EQ(charset_of("", "<meta charset=utf-16>"), "UTF-8");
}

TEST(Charset, MakesTextOfBytes) {
  EXPECT_EQ(text("latin1", "caf\xE9 \x80\x81"), "caf\u00E9 \u20AC\u0081");
  EXPECT_EQ(text("windows-1251", "\xE4"), "\u0434");
  EXPECT_EQ(text("shift_jis", "\x93\xFA\x96\x7B"), "\u65E5\u672C");
  EXPECT_EQ(text("iso-2022-jp", "\x1B$B@$\x1B(Ba"),
            "\u4E16"
            "a");
  EXPECT_EQ(text("utf-16", std::string("\xFF\xFE"
                                       "a\0\xE9\0=\xD8\0\xDE",
                                       10)),
            "a\u00E9\U0001F600");
  EXPECT_EQ(text("utf-16be", std::string("\0a\xD8\0\0b\0", 7)),
            "a\uFFFD"
            "b\uFFFD");
  const std::string much(100'000, '\xE9');
  EXPECT_EQ(text("koi8-r", much).size(), 200'000U);
}

TEST(Charset, KeepsGoodBytesBesideBadOnes) {
  EXPECT_EQ(text("utf-8", "\xEF\xBB\xBFok \xE4 \xC3\xA9"), "ok \uFFFD \u00E9");
  EXPECT_EQ(text("gbk", "\xFF\xB0\xA1"), "\uFFFD\u554A");
}

TEST(Utf8, TakesNoLongFormsAndNoSurrogates) {
  for (const char* bad :
       {"\xC0\xAF", "\xC1\x81", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82", "\xC3"}) {
    EXPECT_FALSE(is_valid_utf8("12345678" + std::string(bad))) << bad;
    EXPECT_FALSE(is_valid_utf8(bad + std::string("12345678"))) << bad;
  }
  for (const char32_t code :
       {0x7FU, 0x80U, 0x7FFU, 0x800U, 0xD7FFU, 0xE000U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    std::string one;
    append_utf8(one, code);
    EXPECT_TRUE(is_valid_utf8(one));
    EXPECT_EQ(first_character(one).code, code);
    EXPECT_EQ(valid_utf8(one), one);
  }
  EXPECT_EQ(valid_utf8("\xF0\x9F\x98x"), "\uFFFDx");  // one for the longest beginning
}

}  // namespace
}  // namespace parlab
