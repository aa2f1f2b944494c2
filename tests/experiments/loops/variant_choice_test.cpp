#include "experiments/loops/variant_choice.hpp"

#include <gmock/gmock.h>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;

std::vector<std::string> chosen(const std::string& words) {
  const std::vector<std::string> all = {"scalar", "simd", "eigen"};
  return chosen_variants(words, all, [&](const std::string& name) {
    if (std::ranges::find(all, name) == all.end()) throw UsageError("unknown variant " + name);
    return name;
  });
}

TEST(VariantChoice, KeepsTheOrderOfTheList) {
  EXPECT_THAT(chosen("simd,scalar"), ElementsAre("simd", "scalar"));
}

TEST(VariantChoice, TakesEachOnceWhereAllStandsInTheList) {
  EXPECT_THAT(chosen("all"), ElementsAre("scalar", "simd", "eigen"));
  EXPECT_THAT(chosen("simd,all"), ElementsAre("scalar", "simd", "eigen"));
  EXPECT_THAT(chosen("all,simd"), ElementsAre("scalar", "simd", "eigen"));
}

TEST(VariantChoice, RefusesAnUnknownNameBesideAll) {
  EXPECT_THROW(chosen("all,sind"), UsageError);
  EXPECT_THROW(chosen("sind"), UsageError);
}

}  // namespace
}  // namespace parlab
