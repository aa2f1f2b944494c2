// The plot that ends what run, compare and race print: on a terminal, or where it is asked for; never where a
// program reads.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "experiments/base/terminal.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using testing::Not;

using Words = std::vector<std::string>;

const Words run = {"run",       "pi", "--darts",  "1e4", "--backend", "threads,openmp",
                   "--workers", "2",  "--rounds", "7"};
const Words compare = {"compare",        "pi",       "--darts", "1e4", "--backend",
                       "threads,openmp", "--rounds", "7"};
const Words race = {"race", "--no-shell", "--rounds", "7",    "-n", "one",
                    "-n",   "two",        "--",       "true", "--", "true"};

Words with(Words words, const Words& more) {
  words.insert(words.begin() + 2, more.begin(), more.end());
  return words;
}

constexpr char head[] = "with its 95 % interval; hollow (";

/// What parlab shows on a terminal of so many columns.
std::string shown(const Words& words, unsigned short columns, const char* locale) {
  winsize size{.ws_row = 50, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    setenv("LC_ALL", locale, 1);  // NOLINT(concurrency-mt-unsafe): a forked child has one thread
    std::vector<char*> arguments = {strdup(program_path().c_str())};
    for (const std::string& word : words) arguments.push_back(strdup(word.c_str()));
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  std::string text;
  std::array<char, 4096> bytes{};
  // EIO: the program has ended, and with it the terminal's other side.
  for (ssize_t count = 0; (count = read(terminal, bytes.data(), bytes.size())) > 0;)
    text.append(bytes.data(), static_cast<std::size_t>(count));
  close(terminal);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << text;
  return text;
}

class Plot : public testing::TestWithParam<Words> {};

TEST_P(Plot, StandsBelowTheTableWhereItIsAskedFor) {
  const Ended ended =
      run_parlab(with(GetParam(), {"--plot", "always"}), ".", {.variables = {"LC_ALL=C.UTF-8"}});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr(head));
  EXPECT_GT(ended.out.find(head), ended.out.find("verdict"));
  EXPECT_THAT(ended.out,
              testing::AnyOf(HasSubstr("│"), HasSubstr("┼"), HasSubstr("●"), HasSubstr("○")));
}

TEST_P(Plot, IsPlainAsciiInAnotherLocale) {
  const Ended ended =
      run_parlab(with(GetParam(), {"--plot", "always"}), ".", {.variables = {"LC_ALL=C"}});
  EXPECT_THAT(ended.out, HasSubstr(head));
  EXPECT_THAT(ended.out, testing::Each(testing::Gt('\0'))) << "no byte above 127";
}

TEST_P(Plot, IsNotForPrograms) {
  const TemporaryFolder folder;
  EXPECT_THAT(run_parlab(GetParam(), folder.path()).out, Not(HasSubstr(head)));
  EXPECT_EQ(run_parlab(with(GetParam(), {"--quiet", "--plot", "always"}), folder.path()).out, "");
  const Ended json =
      run_parlab(with(GetParam(), {"--json", "-", "--plot", "always"}), folder.path());
  EXPECT_EQ(nlohmann::json::parse(json.out)["schema"], "parlab/1");
  EXPECT_THAT(json.err, Not(HasSubstr(head)));
}

TEST_P(Plot, EndsWhatATerminalShows) {
  for (const unsigned short columns : {50, 100}) {
    const std::string text = shown(GetParam(), columns, "C.UTF-8");
    const std::size_t begin = text.find(head);
    ASSERT_NE(begin, std::string::npos) << text;
    std::istringstream lines(text.substr(text.find('\n', begin) + 1));
    std::size_t widest = 0;
    for (std::string line; std::getline(lines, line);)
      widest = std::max(widest, text_columns(line.substr(0, line.find('\r'))));
    EXPECT_LE(widest, columns) << text;
    EXPECT_GT(widest, columns - 10u) << text;
  }
  EXPECT_THAT(shown(with(GetParam(), {"--plot", "never"}), 80, "C.UTF-8"), Not(HasSubstr(head)));
}

TEST_P(Plot, OfAnotherWordIsAnError) {
  const Ended ended = run_parlab(with(GetParam(), {"--plot", "alway"}));
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("did you mean 'always'"));
}

INSTANTIATE_TEST_SUITE_P(Verbs, Plot, testing::Values(run, compare, race),
                         [](const auto& info) { return info.param[0]; });

TEST(ProgressLine, IsNoWiderThanTheTerminal) {
  const std::string text = shown(with(race, {"--until", "decided"}), 40, "C");
  std::size_t begin = text.find("\r\033[K");
  ASSERT_NE(begin, std::string::npos);
  for (; begin != std::string::npos; begin = text.find("\r\033[K", begin + 1)) {
    const std::string line = text.substr(begin + 4, text.find('\r', begin + 1) - begin - 4);
    if (line.find('\n') == std::string::npos) {
      EXPECT_LT(line.size(), 40u) << line;
    }
  }
}

TEST(ProgressLine, SaysWhatIsOpenAndTheTimeLeft) {
  // Some 10 to 90 ms each, by chance: no budget of 3 s decides between them.
  const std::string by_chance = "sleep 0.0$(shuf -i 1-9 -n 1)";
  const Ended ended = run_parlab({"race", "--progress", "--quiet", "--budget", "3s", "--shell",
                                  "--", by_chance, "--", by_chance + " "});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("open, "));
  EXPECT_THAT(ended.err,
              testing::ContainsRegex(" (row|rows|sentence|sentences) open, [0-9.]+ s left"));
  std::istringstream lines(ended.err);
  for (std::string line; std::getline(lines, line);)
    if (const std::size_t left = line.rfind(" s left"); left != std::string::npos) {
      EXPECT_LE(std::stod(line.substr(line.rfind(' ', left - 1))), 3)
          << "within the budget: " << line;
    }
}

}  // namespace
}  // namespace parlab
