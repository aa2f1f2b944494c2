// What an arm sends to the race may be of any length, or no answer at all: then that arm is out and
// the others go on.

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "experiments/measure/race/race.hpp"
#include "kernels/sharing/messages/message_socket.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"

namespace parlab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

bool is_faulty(const Arm& arm) { return arm.executor.schedule == "dynamic"; }

class LongAnswer : public testing::TestWithParam<std::size_t> {};

TEST_P(LongAnswer, ArrivesWhole) {
  const std::string text(GetParam(), 'x');
  MadeUpExperiment experiment;
  experiment.expected_ = [&]() -> Answer { return text; };
  experiment.open_ = [&](const Arm&) { return [&]() -> Answer { return text; }; };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 1});
  for (const Measured& result : outcome.results) {
    ASSERT_TRUE(result.ok()) << result.failure->cause.substr(0, 200);
    EXPECT_TRUE(result.answer == text);
    EXPECT_EQ(result.samples.size(), 1u);
  }
}

// Packets hold 64 KiB: one byte less and more than what fits one, and what takes many.
constexpr std::size_t kibibyte = 1024;
INSTANTIATE_TEST_SUITE_P(Bytes, LongAnswer,
                         testing::Values(0, 1, 64 * kibibyte - 100, 64 * kibibyte - 1,
                                         64 * kibibyte, 64 * kibibyte + 1, kibibyte* kibibyte,
                                         64 * kibibyte * kibibyte));

TEST(ArmAnswers, AWrongOneOfManyMebibytesIsToldBriefly) {
  MadeUpExperiment experiment;
  experiment.expected_ = [] { return std::string(std::size_t{8} << 20, 'a'); };
  experiment.open_ = [](const Arm& arm) -> OpenedArm {
    return [faulty = is_faulty(arm)]() -> Answer {
      return std::string((std::size_t{8} << 20) + (faulty ? 1 : 0), 'a');
    };
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 1});
  for (const Measured& result : outcome.results) {
    ASSERT_EQ(result.ok(), !is_faulty(result.entrant.arm));
    if (result.ok()) continue;
    EXPECT_THAT(result.failure->cause,
                AllOf(HasSubstr("wrong answer"), HasSubstr("8388611 bytes")));
    EXPECT_LT(result.failure->cause.size(), 1000u);
  }
}

TEST(ArmAnswers, CrossAsTheyAre) {
  const Answer answer = {{"top", std::numeric_limits<std::uint64_t>::max()},
                         {"low", std::numeric_limits<std::int64_t>::min()},
                         {"tenth", 0.1},
                         {"large", 1e300},
                         {"bytes", "caf\xE9 \xFF"},
                         {"list", {nullptr, true, {}, ""}}};
  MadeUpExperiment experiment;
  experiment.expected_ = [&]() -> Answer { return Answer(answer); };
  experiment.open_ = [&](const Arm&) { return [&]() -> Answer { return Answer(answer); }; };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 1});
  for (const Measured& result : outcome.results) {
    EXPECT_TRUE(result.ok()) << result.failure->cause;
    EXPECT_EQ(result.answer, answer);
  }
}

TEST(ArmAnswers, NaNIsAWrongOneWithItsName) {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm& arm) -> OpenedArm {
    return [faulty = is_faulty(arm)]() -> Answer {
      return faulty ? Answer(std::nan("")) : Answer(42);
    };
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 1});
  for (const Measured& result : outcome.results)
    if (is_faulty(result.entrant.arm)) {
      ASSERT_TRUE(result.failure);
      EXPECT_EQ(result.failure->cause, "wrong answer: NaN instead of 42");
    } else {
      EXPECT_TRUE(result.ok());
    }
}

/// The socket over which this arm answers: the last that was made.
int own_socket() {
  int last = -1;
  for (int fd = 3; fd < 256; ++fd) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET) last = fd;
  }
  return last;
}

void send_packet(std::string_view bytes) {
  EXPECT_EQ(send(own_socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

/// A frame's beginning: its length, and the bytes that follow.
std::string frame(std::uint64_t length, std::string_view bytes) {
  std::string packet(sizeof length, '\0');
  std::memcpy(packet.data(), &length, sizeof length);
  return packet.append(bytes);
}

struct Garble {
  const char* name;
  void (*act)();
  const char* cause;
};

class GarbledArm : public testing::TestWithParam<Garble> {};

TEST_P(GarbledArm, IsOutAndTheOthersGoOn) {
  for (const bool at_once : {true, false}) {
    MadeUpExperiment experiment;
    experiment.open_ = [&](const Arm& arm) -> OpenedArm {
      if (!is_faulty(arm)) return [] { return 42; };
      return [at_once, runs = 0]() mutable -> Answer {
        usleep(20'000);                               // one run a sample
        if (at_once || ++runs > 2) GetParam().act();  // in the second sample of a process
        return 42;
      };
    };
    const RaceOutcome outcome =
        run_race(experiment, three_arms(experiment),
                 {.rounds = 5, .timeout = std::chrono::duration<double>(1)});
    for (const Measured& result : outcome.results) {
      if (!is_faulty(result.entrant.arm)) {
        EXPECT_TRUE(result.ok()) << result.failure->cause;
        EXPECT_EQ(result.samples.size(), 5u);
        continue;
      }
      ASSERT_TRUE(result.failure);
      EXPECT_THAT(result.failure->cause, HasSubstr(GetParam().cause));
      EXPECT_LT(result.samples.size(), 5u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ways, GarbledArm,
    testing::Values(
        Garble{"SendsGarbage", [] { send_packet("\x01\xFEgarbage"); }, "is not an answer"},
        Garble{"SendsLessThanALength", [] { send_packet("abc"); }, "is not an answer"},
        Garble{"SendsTextInAFrame", [] { send_packet(frame(5, "hello")); }, "is not an answer"},
        Garble{"SendsANumberInAFrame", [] { send_packet(frame(1, "\x07")); }, "is not an answer"},
        Garble{"SendsMoreThanItSaid", [] { send_packet(frame(2, "hello")); }, "is not an answer"},
        Garble{"SaysAnAbsurdLength", [] { send_packet(frame(~std::uint64_t{0}, "x")); },
               "is not an answer"},
        Garble{"DiesInAFrame",
               [] {
                 send_packet(frame(1000, "half"));
                 _exit(9);
               },
               "exit code 9"},
        Garble{"IsKilledInALongFrame",
               [] {
                 send_packet(frame(std::uint64_t{1} << 20, std::string(60'000, 'x')));
                 send_packet(std::string(60'000, 'x'));
                 raise(SIGKILL);
               },
               "killed by SIGKILL"},
        Garble{"HangsInAFrame",
               [] {
                 send_packet(frame(std::uint64_t{1} << 29, "half"));
                 for (;;) pause();
               },
               "no answer within 1 s"},
        Garble{"SendsNothing",
               [] {
                 send_packet("");
                 for (;;) pause();
               },
               "closed its connection"},
        Garble{"ClosesItsSocket",
               [] {
                 close(own_socket());
                 for (;;) pause();
               },
               "closed its connection"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ArmAnswers, AnErrorOfAnyBytesIsItsCause) {
  const std::string message = "no \xE9 of " + std::string(100'000, 'x');
  MadeUpExperiment experiment;
  experiment.open_ = [&](const Arm& arm) -> OpenedArm {
    if (is_faulty(arm)) throw std::runtime_error(message);
    return [] { return 42; };
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 1});
  for (const Measured& result : outcome.results)
    if (is_faulty(result.entrant.arm)) {
      ASSERT_TRUE(result.failure);
      EXPECT_EQ(result.failure->cause, message);
    } else {
      EXPECT_TRUE(result.ok());
    }
}

TEST(ArmAnswers, NumbersWithoutNamesAreThatArmsFailure) {
  MadeUpExperiment experiment;
  experiment.open_ = [&](const Arm& arm) -> OpenedArm {
    const nlohmann::json numbers =
        is_faulty(arm) ? nlohmann::json{1, 2} : nlohmann::json{{"one", 1}};
    return {[] { return 42; }, [=] { return nlohmann::json(numbers); }};
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 2});
  for (const Measured& result : outcome.results)
    EXPECT_EQ(result.ok(), !is_faulty(result.entrant.arm));
}

TEST(ArmAnswers, OneThatCannotBeCheckedIsThatArmsFailure) {
  class Picky : public MadeUpExperiment {
   public:
    bool correct(const Workload&, const Answer& answer, const Answer&) const override {
      return answer.at("count") == 42;  // throws for what has no count
    }
  };
  Picky experiment;
  experiment.open_ = [](const Arm& arm) -> OpenedArm {
    return [faulty = is_faulty(arm)]() -> Answer {
      return faulty ? Answer(42) : Answer{{"count", 42}};
    };
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 1});
  for (const Measured& result : outcome.results)
    if (is_faulty(result.entrant.arm)) {
      ASSERT_TRUE(result.failure);
      EXPECT_THAT(result.failure->cause, HasSubstr("cannot be checked: 42"));
    } else {
      EXPECT_TRUE(result.ok());
    }
}

}  // namespace
}  // namespace parlab
