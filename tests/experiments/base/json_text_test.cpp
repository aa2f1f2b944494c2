// Whatever bytes and numbers a document holds, its text is JSON that any reader takes.

#include "experiments/base/json_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// The bytes behind an escaped string.
std::string unescaped(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
    } else if (text[i + 1] == '\\') {
      bytes += text[++i];
    } else {
      EXPECT_EQ(text[i + 1], 'x');
      bytes += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    }
  }
  return bytes;
}

TEST(JsonText, LeavesUtf8AsItIs) {
  for (const std::string text :
       {"", "plain", "back\\slash", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "tab\tand \x01"}) {
    EXPECT_TRUE(is_valid_utf8(text));
    EXPECT_EQ(as_utf8(text), text);
  }
}

TEST(JsonText, EscapesBytesThatAreNoCharacter) {
  EXPECT_EQ(as_utf8("caf\xE9"), "caf\\xE9");
  EXPECT_EQ(as_utf8("a\\b\xFF"), "a\\\\b\\xFF");
  EXPECT_EQ(as_utf8("\xC3\xA9\xE9"), "\xC3\xA9\\xE9");
  for (const std::string bytes :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xF0\x9F\x98", "\xC3"}) {
    EXPECT_FALSE(is_valid_utf8(bytes));
    EXPECT_TRUE(is_valid_utf8(as_utf8(bytes)));
    EXPECT_EQ(unescaped(as_utf8(bytes)), bytes);
  }
}

TEST(JsonText, GivesTheBytesBackWhateverTheyWere) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 12, '\0');
    for (char& byte : bytes) byte = random() % 4 == 0 ? '\\' : static_cast<char>(random());
    const std::string text = as_utf8(bytes);
    EXPECT_TRUE(is_valid_utf8(text));
    EXPECT_EQ(is_valid_utf8(bytes) ? text : unescaped(text), bytes);
  }
}

TEST(JsonText, NamesTheStringsThatItEscaped) {
  const json document = {{"context", {{"command", "run caf\xE9"}, {"cpu", "plain"}}},
                         {"environment", {{"PARLAB_\xFF", "\\x"}}},
                         {"results", {{{"label", "ok"}}, {{"label", "\xFE"}, {"group", "\xFE"}}}}};
  const json read = json::parse(json_document(document));
  EXPECT_EQ(read["escaped"], json({"context.command", "environment.PARLAB_\\xFF",
                                   "results[1].group", "results[1].label"}));
  EXPECT_EQ(unescaped(read["context"]["command"].get<std::string>()), "run caf\xE9");
  EXPECT_EQ(read["environment"]["PARLAB_\\xFF"], "\\x");
  EXPECT_FALSE(json::parse(json_document({{"a", "b"}})).contains("escaped"));
}

TEST(JsonText, WritesNumbersExactlyAndNoBareWords) {
  const json document = {
      {"top", std::numeric_limits<std::uint64_t>::max()},
      {"low", std::numeric_limits<std::int64_t>::min()},
      {"odd", (std::uint64_t{1} << 53) + 1},
      {"tenth", 0.1},
      {"least", std::numeric_limits<double>::denorm_min()},
      {"none",
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}}};
  const std::string text = json_document(document);
  EXPECT_THAT(text, testing::Not(testing::AnyOf(HasSubstr("NaN"), HasSubstr("nan"),
                                                HasSubstr("Inf"), HasSubstr("inf"))));
  const json read = json::parse(text);
  for (const char* name : {"top", "low", "odd", "tenth", "least"})
    EXPECT_EQ(read[name], document[name]) << name;
  EXPECT_EQ(read["none"], json({nullptr, nullptr, nullptr}));
}

TEST(JsonText, TellsPeopleOfAnAnswerBrieflyAndByName) {
  EXPECT_EQ(told_answer(41), "41");
  EXPECT_EQ(told_answer("\xE9"), "\"\\\\xE9\"");
  EXPECT_EQ(told_answer(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(told_answer({1, -std::numeric_limits<double>::infinity()}), "[1,\"-Infinity\"]");
  EXPECT_EQ(told_answer(std::string(1000, 'x'), 4), "\"xxx... (1002 bytes)");
  EXPECT_EQ(told_answer("\xE2\x82\xAC\xE2\x82\xAC", 5), "\"\xE2\x82\xAC... (8 bytes)");
}

}  // namespace
}  // namespace parlab
