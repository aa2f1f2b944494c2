#include "experiments/options/environment_axis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Environment> read(const std::vector<std::string>& words) {
  return parse_environments("--env", words);
}

TEST(EnvironmentAxis, IsOneEmptyEnvironmentWithoutWords) {
  EXPECT_THAT(read({}), ElementsAre(Environment{}));
}

TEST(EnvironmentAxis, CombinesTheValuesOfAllVariables) {
  EXPECT_THAT(read({"A=1,2"}), ElementsAre(Environment{{"A", "1"}}, Environment{{"A", "2"}}));
  EXPECT_THAT(read({"A=1,2", "_b2=x"}), ElementsAre(Environment{{"A", "1"}, {"_b2", "x"}},
                                                    Environment{{"A", "2"}, {"_b2", "x"}}));
  EXPECT_EQ(read({"A=1,2", "B=x,y,z"}).size(), 6u);
}

TEST(EnvironmentAxis, KeepsWhatAValueHolds) {
  EXPECT_THAT(
      read({R"(OMP_PLACES={0}\,{1},cores)"}),
      ElementsAre(Environment{{"OMP_PLACES", "{0},{1}"}}, Environment{{"OMP_PLACES", "cores"}}));
  EXPECT_THAT(read({R"(A=x\\y=z\n)"}), ElementsAre(Environment{{"A", R"(x\y=z\n)"}}));
}

struct BadWord {
  std::vector<std::string> words;
  std::string complaint;
};

class BadEnvironment : public testing::TestWithParam<BadWord> {};

TEST_P(BadEnvironment, IsRefusedWithTheReason) {
  EXPECT_THAT([] { read(GetParam().words); },
              testing::ThrowsMessage<UsageError>(HasSubstr(GetParam().complaint)));
}

INSTANTIATE_TEST_SUITE_P(Words, BadEnvironment,
                         testing::Values(BadWord{{"A"}, "'A' has no value: write A=a or A=a,b"},
                                         BadWord{{"=1"}, "'' cannot be the name of a variable"},
                                         BadWord{{"1A=1"}, "'1A' cannot be the name"},
                                         BadWord{{"A B=1"}, "'A B' cannot be the name"},
                                         BadWord{{"A="}, "A has an empty value"},
                                         BadWord{{"A=1,,2"}, "A has an empty value"},
                                         BadWord{{"A=1,2,1"}, "A=1 appears twice"},
                                         BadWord{{"A=1", "A=2"}, "A is given twice: write A=a,b"},
                                         BadWord{{"A=1\n2"}, "control character"},
                                         BadWord{
                                             {"A=1,2,3,4,5,6,7,8", "B=1,2,3,4,5,6,7,8", "C=1,2"},
                                             "more than 64 combinations"}));

}  // namespace
}  // namespace parlab
