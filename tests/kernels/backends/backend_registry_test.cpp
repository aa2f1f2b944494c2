#include "kernels/backends/backend_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;

std::string complaint_about(const auto& action) {
  try {
    action();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n"))) << "one line only";
    return error.what();
  }
  return "no complaint";
}

TEST(BackendRegistry, TakesThePlainNameForTheDefaultSchedule) {
  EXPECT_EQ(parse_backend("threads").label(), "threads:static");
  EXPECT_EQ(parse_backend("serial").label(), "serial");
  EXPECT_EQ(parse_backend("processes:dynamic").label(), "processes:dynamic");
}

TEST(BackendRegistry, ReadsListsAndAll) {
  const auto two = parse_backends("serial,threads:dynamic");
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[1].label(), "threads:dynamic");
  EXPECT_EQ(parse_backends("threads:all").size(), 2u);
  std::size_t schedules = 0;
  for (const BackendEntry& entry : backends())
    if (!entry.by_name_only) schedules += std::max<std::size_t>(entry.schedules.size(), 1);
  EXPECT_EQ(parse_backends("all").size(), schedules);
}

TEST(BackendRegistry, NamesTheNearestAndAllValidNames) {
  EXPECT_THAT(complaint_about([] { parse_backend("thread"); }),
              testing::AllOf(HasSubstr("did you mean 'threads'"), HasSubstr("processes, serial")));
  EXPECT_THAT(complaint_about([] { parse_backend("threads:dinamic"); }),
              testing::AllOf(HasSubstr("did you mean 'dynamic'"), HasSubstr("static, dynamic")));
  EXPECT_THAT(complaint_about([] { parse_backend("serial:static"); }), HasSubstr("no schedules"));
  EXPECT_THAT(complaint_about([] { parse_backends("serial,,threads"); }), HasSubstr("unknown"));
  EXPECT_THAT(complaint_about([] { parse_backends(""); }), HasSubstr("unknown backend ''"));
}

TEST(BackendRegistry, RefusesWorkersThatCannotBe) {
  for (const int workers : {0, -1, max_workers + 1})
    EXPECT_THAT(complaint_about([&] {
                  make_backend({"threads", "static", workers});
                }),
                HasSubstr("1 to 4096"));
}

TEST(BackendRegistry, RegistersEachNameOnce) {
  for (std::size_t i = 1; i < backends().size(); ++i)
    EXPECT_LT(backends()[i - 1].name, backends()[i].name);
}

}  // namespace
}  // namespace parlab
