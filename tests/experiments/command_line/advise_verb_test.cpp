#include <gmock/gmock.h>

#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/own_kernel/own_files.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class AdviseVerb : public OwnFiles {
 protected:
  Ended advise(Words more) const {
    Words words = {"advise", "mine.hpp"};
    words.insert(words.end(), more.begin(), more.end());
    return run_parlab(words, folder_.path());
  }
  /// One line of parlab's, exit code 2, no file beside the kernel's.
  std::string refused_advice(const Words& more) const {
    const Ended ended = advise(more);
    EXPECT_EQ(ended.code, 2) << ended.out << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, StartsWith("parlab: "));
    EXPECT_EQ(ended.err.find('\n'), ended.err.size() - 1) << ended.err;
    EXPECT_EQ(folder_.files(), Words{"mine.hpp"});
    return ended.err;
  }
};

constexpr char bits[] =
    "const auto size = parlab::parameter(\"size\", 200'000ull);\n"
    "auto kernel = [](std::uint64_t i) { return i * i % 7; };\n";

TEST_F(AdviseVerb, WritesTheChoiceTheReasonAndTheCode) {
  file(bits);
  const Ended ended = advise({"--backend", "openmp:static,tbb:auto", "--workers", "2", "--budget",
                              "20s", "--json", "advice.json", "--header", "parlab_choice.hpp"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("What would"));
  EXPECT_THAT(ended.out, HasSubstr("The code is in parlab_choice.hpp."));
  const auto advice = read_json(folder_.path() / "advice.json");
  EXPECT_EQ(advice["schema"], "parlab/1-advice");
  EXPECT_EQ(advice["kernel"], "mine");
  EXPECT_EQ(advice["size"], 200'000);
  EXPECT_GE(advice["against_serial"]["rounds"], 7);
  EXPECT_GT(advice["serial_seconds"], 0);
  EXPECT_FALSE(advice["considered"].empty());
  EXPECT_THAT(advice["context"]["command"], HasSubstr("parlab advise mine.hpp"));
  std::ifstream header(folder_.path() / "parlab_choice.hpp");
  EXPECT_EQ(advice["header"], std::string(std::istreambuf_iterator<char>(header), {}));
  EXPECT_EQ(folder_.files(), (Words{"advice.json", "mine.hpp", "parlab_choice.hpp"}));
}

TEST_F(AdviseVerb, RefusesWhatItCannotAdviseOn) {
  file(bits);
  EXPECT_THAT(refused_advice({"--workers", "1"}), HasSubstr("nothing to choose"));
  EXPECT_THAT(refused_advice({"--backend", "serial"}), HasSubstr("name a parallel backend"));
  EXPECT_THAT(refused_advice({"--backend", "opnmp"}), HasSubstr("openmp"));
  EXPECT_THAT(refused_advice({"--budget", "soon"}), HasSubstr("--budget"));
  EXPECT_THAT(refused_advice({"--budget", "1ms", "--backend", "openmp:static", "--workers", "2"}),
              HasSubstr("is too little"));
  EXPECT_THAT(refused_advice({"--size", "100,200", "--workers", "2"}), HasSubstr("give one value"));
  EXPECT_THAT(refused_advice({"--variant", "fast", "--workers", "2"}), HasSubstr("--variant"));
  EXPECT_THAT(refused_advice({"--header", "no/folder.hpp", "--workers", "2"}), HasSubstr("no"));
  const Ended nothing = run_parlab({"advise"}, folder_.path());
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("the file is missing"));
}

TEST_F(AdviseVerb, AsksWhichOfSeveralLoops) {
  file(
      "constexpr std::uint64_t size = 1000;\n"
      "std::uint64_t kernel_plain(std::uint64_t i) { return i; }\n"
      "std::uint64_t kernel_odd(std::uint64_t i) { return i | 1; }\n");
  EXPECT_THAT(refused_advice({"--workers", "2"}), HasSubstr("--variant plain, odd"));
}

TEST_F(AdviseVerb, GivesNoAdviceOnALoopThatRacesWithItself) {
  file(
      "constexpr std::uint64_t size = 100'000;\n"
      "parlab::array<std::uint64_t> sum(1);\n"
      "void kernel(std::uint64_t begin, std::uint64_t) { sum[0] = begin; }\n");
  const Ended ended = advise({"--backend", "threads:dynamic,openmp:dynamic", "--workers", "2",
                              "--budget", "20s", "--header", "choice.hpp"});
  EXPECT_EQ(ended.code, 1) << ended.out;
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, StartsWith("parlab: advise: "));
  EXPECT_EQ(folder_.files(), Words{"mine.hpp"});
}

TEST_F(AdviseVerb, HasHelp) {
  const Ended ended = run_parlab({"advise", "--help"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("parlab advise FILE [OPTIONS]"));
  EXPECT_THAT(ended.out, HasSubstr("--header"));
}

}  // namespace
}  // namespace parlab
