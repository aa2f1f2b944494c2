// Completion in the shells that are here: each runs the script that parlab prints, and asks as it does when
// somebody presses Tab.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "experiments/command_line/shell/completion_candidates.hpp"
#include "experiments/command_line/shell/verb_table.hpp"
#include "kernels/backends/backend_registry.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> words_for(const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (const Candidate& one : completion_candidates(words)) found.push_back(one.word);
  return found;
}

TEST(Candidates, AreVerbsThenExperimentsThenOptions) {
  EXPECT_THAT(words_for({""}), IsSupersetOf({"run", "race", "completion", "--help", "--version"}));
  EXPECT_THAT(words_for({"ra"}), testing::ElementsAre("race", "random"));
  EXPECT_THAT(words_for({"run", "p"}),
              AllOf(Contains("pi"), Contains("primes"), Each(StartsWith("p"))));
  EXPECT_THAT(words_for({"run", "pi", "--"}), IsSupersetOf({"--darts", "--backend", "--json"}));
  EXPECT_THAT(words_for({"run", "primes", "--"}), Not(Contains("--darts")));
  EXPECT_THAT(words_for({"compare", "pi", "--base"}), IsEmpty()) << "compare has no --baseline";
}

TEST(Candidates, OfValuesAreThoseThatTheOptionTakes) {
  EXPECT_THAT(words_for({"run", "pi", "--plot", ""}), testing::ElementsAre("always", "never"));
  EXPECT_THAT(words_for({"run", "pi", "--plot=n"}), testing::ElementsAre("--plot=never"));
  EXPECT_THAT(words_for({"run", "pi", "--backend", "serial,thr"}),
              AllOf(Contains("serial,threads"), Contains("serial,threads:dynamic"),
                    Each(StartsWith("serial,thr"))));
  for (const BackendEntry& entry : backends())
    EXPECT_THAT(words_for({"compare", "pi", "--backend", ""}), Contains(std::string(entry.name)));
  EXPECT_THAT(words_for({"run", "pi", "--json", ""}), IsEmpty())
      << "a file, which the shell completes";
}

TEST(Candidates, AreNoneWhereOthersWordsStand) {
  EXPECT_THAT(words_for({}), IsEmpty());
  EXPECT_THAT(words_for({"race", "--", "l"}), IsEmpty());
  EXPECT_THAT(words_for({"rum", ""}), IsEmpty());
  EXPECT_THAT(words_for({"run", "pie", "--"}), IsEmpty());
}

TEST(Candidates, OfEveryVerbAreTheOptionsOfItsHelp) {
  for (const Verb& verb : verbs()) {
    std::vector<std::string> words = {std::string(verb.name)};
    if (takes_experiment(verb)) words.push_back("pi");
    std::vector<std::string> asking = words;
    asking.push_back("--help");
    const Ended help = run_parlab(asking);
    words.push_back("--");
    const auto options = words_for(words);
    EXPECT_THAT(options, Contains("--help")) << verb.name;
    for (const std::string& option : options) EXPECT_THAT(help.out, HasSubstr(option)) << verb.name;
  }
}

/// A folder with the program as `parlab`, and shells that have it in their path.
class Shell : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_symlink(program_path(), folder_.path() / "parlab");
    std::ofstream(folder_.path() / "notes.txt") << "a file\n";
  }

  static bool is_here(const std::string& shell) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor): a test's own words
    return std::system(("command -v " + shell + " >/dev/null").c_str()) == 0;
  }

  /// What the script prints, a line each, run by the shell.
  std::vector<std::string> lines_of(const std::string& shell, const std::string& script) const {
    std::ofstream(folder_.path() / "script") << script;
    const std::string line = "cd " + folder_.path().string() +
                             " && PATH=$PWD:$PATH HOME=$PWD timeout 60 " + shell +
                             " script >out 2>err";
    // NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor): a test's own words
    EXPECT_EQ(std::system(line.c_str()), 0) << content("err");
    EXPECT_EQ(content("err"), "");
    std::istringstream out(content("out"));
    std::vector<std::string> lines;
    for (std::string text; std::getline(out, text);) lines.push_back(text);
    return lines;
  }

  std::string content(const std::string& name) const {
    std::ifstream stream(folder_.path() / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  TemporaryFolder folder_;
};

class Bash : public Shell {
 protected:
  void SetUp() override {
    if (!is_here("bash")) GTEST_SKIP() << "bash is not installed";
    Shell::SetUp();
  }
  /// As bash calls it: `current` is what bash takes for the word, cut at : and =.
  std::vector<std::string> completed(const std::string& line) const {
    return lines_of(
        "bash", "source <(parlab completion bash)\nCOMP_LINE='" + line +
                    "' COMP_POINT=${#COMP_LINE}\n_parlab\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
  }
};

TEST_F(Bash, CompletesWords) {
  EXPECT_THAT(completed("parlab ra"), testing::ElementsAre("race", "random"));
  EXPECT_THAT(completed("parlab run p"), Contains("primes"));
  EXPECT_THAT(completed("./parlab run pi --ba"),
              testing::UnorderedElementsAre("--backend", "--baseline"));
}

TEST_F(Bash, CompletesBehindWhatItCutsWordsAt) {
  EXPECT_THAT(completed("parlab run pi --backend openmp:dy"), testing::ElementsAre("dynamic"));
  EXPECT_THAT(completed("parlab run pi --plot=al"), testing::ElementsAre("always"));
}

TEST_F(Bash, LeavesFilesToBash) {
  EXPECT_THAT(completed("parlab diff no"), testing::ElementsAre(""));
  EXPECT_THAT(lines_of("bash", "source <(parlab completion bash)\ncomplete -p parlab\n"),
              testing::ElementsAre(HasSubstr("-o default -F _parlab parlab")));
}

TEST_F(Shell, FishCompletesWordsAndFiles) {
  if (!is_here("fish")) GTEST_SKIP() << "fish is not installed";
  const std::string source = "parlab completion fish | source\n";
  EXPECT_THAT(lines_of("fish", source + "complete -C 'parlab run p'"),
              Contains(StartsWith("pi\tWhich backend")));
  EXPECT_THAT(lines_of("fish", source + "complete -C 'parlab run pi --backend openmp:dy'"),
              testing::ElementsAre(StartsWith("openmp:dynamic\t")));
  EXPECT_THAT(lines_of("fish", source + "complete -C 'parlab diff no'"),
              testing::ElementsAre(StartsWith("notes.txt")));
}

TEST_F(Shell, ZshCompletesWordsAndFiles) {
  if (!is_here("zsh")) GTEST_SKIP() << "zsh is not installed";
  // An interactive zsh, to which Tab is sent, and then a key that writes down the line.
  const std::string script = R"(zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -U compinit; compinit -D -u; source <(parlab completion zsh)
note() { print -r -- "is: $BUFFER"; BUFFER=; }; zle -N note; bindkey "^O" note; echo rea""dy'
zpty -r -m shell text '*ready*'
for line in "parlab run prim" "parlab run pi --backend openmp:dyn" "parlab diff no"; do
  zpty -n -w shell "$line"$'\t\C-o'
  zpty -r -m shell text $'*is: *\n'
  print -r -- "${${text##*is: }%%$'\r'*}"
done
zpty -d shell
)";
  const auto lines = lines_of("zsh -f", script);
  ASSERT_EQ(lines.size(), 3u) << content("out");
  EXPECT_THAT(lines[0], HasSubstr("parlab run primes"));
  EXPECT_THAT(lines[1], HasSubstr("parlab run pi --backend openmp:dynamic"));
  EXPECT_THAT(lines[2], HasSubstr("parlab diff notes.txt"));
}

TEST(Completion, OfAnotherShellIsAnError) {
  const Ended ended = run_parlab({"completion", "basch"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("did you mean 'bash'?"));
  EXPECT_EQ(run_parlab({"completion"}).code, 2);
  EXPECT_EQ(run_parlab({"completion", "bash", "zsh"}).code, 2);
}

/// The pages that are installed.
class ManPages : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(run_parlab({"man", "--out", folder_.path().string()}, ".",
                         {.variables = {"SOURCE_DATE_EPOCH=86400"}})
                  .code,
              0);
  }
  std::string content(const std::string& name) const {
    std::ifstream stream(folder_.path() / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  /// What the checker says of all pages.
  std::string complaints(const std::string& checker) const {
    const std::string line = "cd " + folder_.path().string() + " && for page in *.1; do " +
                             checker +
                             " $page >/dev/null 2>>said || echo \"$page failed\" >>said; done";
    // NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor): a test's own words
    EXPECT_EQ(std::system(line.c_str()), 0);
    return content("said");
  }
  static bool is_here(const std::string& program) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor): a test's own words
    return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
  }
  TemporaryFolder folder_;
};

TEST_F(ManPages, HaveEveryVerbWithItsOptions) {
  EXPECT_EQ(folder_.files().size(), verbs().size() + 1);
  for (const Verb& verb : verbs()) {
    EXPECT_THAT(content("parlab.1"), HasSubstr("parlab\\-" + std::string(verb.name) + " (1)"));
    const std::string page = content("parlab-" + std::string(verb.name) + ".1");
    EXPECT_THAT(page, HasSubstr("1970-01-02"));
    for (const HelpOption& option : table_of(verb, takes_experiment(verb) ? "pi" : "").options) {
      std::string escaped;
      for (const char letter : option.names.back())
        (escaped += letter == '-' ? "\\" : "") += letter;
      EXPECT_THAT(page, HasSubstr("\\fB" + escaped + "\\fR")) << verb.name;
    }
  }
}

TEST_F(ManPages, HaveNoMistakeThatManSees) {
  if (!is_here("man")) GTEST_SKIP() << "man is not installed";
  EXPECT_EQ(complaints("LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l"), "");
}

TEST_F(ManPages, HaveNoMistakeThatMandocSees) {
  if (!is_here("mandoc")) GTEST_SKIP() << "mandoc is not installed";
  EXPECT_EQ(complaints("mandoc -T lint -W warning"), "");
}

TEST_F(ManPages, FlagsTakeNoValueAndChoicesAreTold) {
  const std::string page = content("parlab-run.1");
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-quiet\\fR\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-plot\\fR \\fIalways|never\\fR\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-json\\fR \\fIFILE\\fR\n"));
}

TEST(Man, OfWhatIsNoVerbIsAnError) {
  EXPECT_THAT(run_parlab({"man", "rase"}).err, HasSubstr("did you mean 'race'?"));
  EXPECT_EQ(run_parlab({"man", "race", "run"}).code, 2);
  EXPECT_EQ(run_parlab({"man", "--out", "/no/such"}).code, 2);
  EXPECT_EQ(run_parlab({"man", "race", "--out", "."}).code, 2);
}

}  // namespace
}  // namespace parlab
