#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "experiments/base/experiment.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr auto max64 = std::numeric_limits<std::uint64_t>::max();

TEST(Parameters, ReturnTheValueAsTheTypeItWasSetTo) {
  Workload set;
  set.parameters = {
      {"seed", max64}, {"shift", -3}, {"rate", 0.25}, {"open", true}, {"view", "far"}};
  EXPECT_EQ(set.parameter<std::uint64_t>("seed"), max64);
  EXPECT_EQ(set.parameter<int>("shift"), -3);
  EXPECT_EQ(set.parameter<double>("rate"), 0.25);
  EXPECT_EQ(set.parameter<bool>("open"), true);
  EXPECT_EQ(set.parameter<std::string>("view"), "far");
}

TEST(Parameters, RefuseAnotherTypeAnAbsentNameAndANumberThatDoesNotFit) {
  Workload set;
  set.parameters = {{"seed", max64}, {"shift", -3}, {"open", true}, {"view", "7"}};
  EXPECT_THAT([&] { return set.parameter<int>("seed"); },
              ThrowsMessage<std::logic_error>(HasSubstr("parameter seed is 18446744073709551615")));
  EXPECT_THROW(set.parameter<std::uint64_t>("shift"), std::logic_error);
  EXPECT_THROW(set.parameter<int>("open"), std::logic_error);
  EXPECT_THROW(set.parameter<bool>("shift"), std::logic_error);
  EXPECT_THROW(set.parameter<int>("view"), std::logic_error);
  EXPECT_THROW(set.parameter<double>("seed"), std::logic_error);
  EXPECT_THAT([&] { return set.parameter<int>("seeds"); },
              ThrowsMessage<std::logic_error>(HasSubstr("no parameter seeds")));
}

TEST(Parameters, AreEqualWhereTheirNumbersAre) {
  EXPECT_EQ(ParameterValue(7), ParameterValue(std::uint64_t{7}));
  EXPECT_NE(ParameterValue(-1), ParameterValue(max64));
  EXPECT_NE(ParameterValue(1), ParameterValue(true));
  EXPECT_NE(ParameterValue(7), ParameterValue("7"));
}

TEST(Parameters, AreWrittenAsJsonThatKeepsEachType) {
  const Parameters set = {
      {"view", "far"}, {"seed", max64}, {"shift", -3}, {"rate", 0.5}, {"open", false}};
  EXPECT_EQ(json(set).dump(),
            R"({"open":false,"rate":0.5,"seed":18446744073709551615,"shift":-3,"view":"far"})");
  EXPECT_EQ(json(Parameters{}).dump(), "{}");
  EXPECT_EQ(ParameterValue("far").text(), "far");
  EXPECT_EQ(ParameterValue(1000).text(), "1000");
  EXPECT_EQ(ParameterValue(true).text(), "true");
  EXPECT_EQ(ParameterValue(0.25).text(), "0.25");
}

}  // namespace
}  // namespace parlab
