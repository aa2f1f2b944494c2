#include "experiments/options/shell_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words(const std::string& text) { return shell_words(text, "--flags"); }

TEST(ShellWords, AreSplitAtBlanksAlone) {
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words(" \t\n "), IsEmpty());
  EXPECT_THAT(words("  -O2\t-DX=3\n-g "), ElementsAre("-O2", "-DX=3", "-g"));
  EXPECT_THAT(words("$HOME *.cpp ~ #x"), ElementsAre("$HOME", "*.cpp", "~", "#x"));
}

TEST(ShellWords, AreHeldTogetherByQuotesAndBackslashes) {
  EXPECT_THAT(words("-I'my folder' \"-DX=a b\""), ElementsAre("-Imy folder", "-DX=a b"));
  EXPECT_THAT(words("-DTEXT='\"a b\"'"), ElementsAre("-DTEXT=\"a b\""));
  EXPECT_THAT(words(R"(a\ b "c\"d" "e\n" '\')"), ElementsAre("a b", "c\"d", "e\\n", "\\"));
  EXPECT_THAT(words("'' x\"\"y \"\""), ElementsAre("", "xy", ""));
  EXPECT_THAT(words("\"it's\" 'say \"so\"'"), ElementsAre("it's", "say \"so\""));
}

TEST(ShellWords, RefuseAQuoteThatIsNotClosed) {
  for (const char* text : {"'", "a \"b", "'\"", "x'y\\'z'"})
    EXPECT_THROW(words(text), UsageError) << text;
}

TEST(ShellQuoted, WordsAreReadBackAsTheyWere) {
  for (const std::string word :
       {"plain-1.0", "", "two words", "it's", "$HOME `x` \\ \"q\"", "a\nb", "'"})
    EXPECT_EQ(shell_words(shell_quoted(word) + " " + shell_quoted("last"), "--flags"),
              (std::vector<std::string>{word, "last"}));
  EXPECT_EQ(shell_quoted("--size=1e8"), "--size=1e8");
}

}  // namespace
}  // namespace parlab
