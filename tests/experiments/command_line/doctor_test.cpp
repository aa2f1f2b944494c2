#include "experiments/command_line/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "experiments/measure/standard_streams.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/measure/made_up_machine.hpp"

namespace parlab {
namespace {

using made_up::MachineFolder;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

void expect_sound(const std::vector<Finding>& findings) {
  EXPECT_EQ(findings.size(), 22u);
  std::set<std::string> checks;
  for (const Finding& finding : findings) {
    EXPECT_THAT((std::set<std::string>{"ok", "warning", "unknown"}), Contains(finding.status));
    EXPECT_FALSE(finding.found.empty()) << finding.check;
    EXPECT_EQ(finding.cure.empty(), finding.status == "ok") << finding.check;
    EXPECT_THAT(finding.found + finding.cure, Not(HasSubstr("\n"))) << finding.check;
    EXPECT_TRUE(checks.insert(finding.check).second) << finding.check << " twice";
  }
}

TEST(Doctor, ExaminesThisMachine) { expect_sound(examine_machine()); }

TEST(Doctor, ExaminesAMachineThatTellsNothing) {
  const MachineFolder folder;
  expect_sound(examine_machine(folder.machine()));
}

TEST(FindingList, IsAlignedWithTheCureBelow) {
  EXPECT_EQ(format_findings({Finding::ok("load", "0.1"),
                             Finding::warning("governor", "powersave", "sudo cpupower")},
                            false),
            "ok       load      0.1\n"
            "warning  governor  powersave\n"
            "                   cure: sudo cpupower\n"
            "\n"
            "1 warning, 0 unknown, 1 ok\n");
}

TEST(FindingList, ColoursOnlyTheStatus) {
  const std::string text = format_findings({Finding::ok("load", "0.1")}, true);
  EXPECT_THAT(text, HasSubstr("\033[32mok     \033[0m  load  0.1\n"));
  EXPECT_THAT(format_findings({Finding::ok("load", "0.1")}, false), Not(HasSubstr("\033")));
}

TEST(RunDoctor, PrintsJsonThatParsesAndReturnsZero) {
  ::testing::internal::CaptureStdout();
  const int code = run_doctor(true);
  flush_stdout();
  const auto document = nlohmann::json::parse(::testing::internal::GetCapturedStdout());
  EXPECT_EQ(code, 0);
  ASSERT_EQ(document.at("findings").size(), 22u);
  for (const auto& finding : document.at("findings"))
    for (const char* field : {"check", "status", "found", "cure"})
      EXPECT_TRUE(finding.at(field).is_string());
}

TEST(RunDoctor, PrintsNoColourIntoAPipe) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_doctor(false), 0);
  flush_stdout();
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), Not(HasSubstr("\033")));
}

TEST(DoctorCommand, HelpsAndRefusesUnknownOptions) {
  EXPECT_THAT(run_parlab({"doctor", "--help"}).out, HasSubstr("Example: parlab doctor"));
  const Ended refused = run_parlab({"doctor", "--jsn"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--json"));
}

}  // namespace
}  // namespace parlab
