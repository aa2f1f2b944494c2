// What parlab prints and writes gets where it should, or its exit code and a line say that it did
// not. A result is not lost with the place that was meant for it.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "experiments/command_line/line_output.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "kernels/base/errors.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

using Words = std::vector<std::string>;

const Words small_run = {"run", "pi", "--darts", "1e3", "--backend", "serial", "--rounds", "1"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string content(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Printed : public testing::TestWithParam<Words> {};

TEST_P(Printed, ToAFullDiskIsAFailureInOneLine) {
  const TemporaryFolder folder;  // for a result that is kept elsewhere
  const Ended ended = run_parlab(
      GetParam(), ".", {.out = "/dev/full", .variables = {"TMPDIR=" + folder.path().string()}});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("parlab: cannot write to stdout: No space left on device"));
}

TEST_P(Printed, ToAClosedStdoutIsAFailure) {
  const Ended ended = run_parlab(GetParam(), ".", {.out = "closed"});
  EXPECT_THAT(ended.code, testing::AnyOf(1, 2));
  EXPECT_THAT(ended.err, testing::AnyOf(HasSubstr("stdout is closed"),
                                        HasSubstr("cannot write to stdout: Bad file descriptor")));
}

TEST_P(Printed, ToAReaderThatHasGoneAwayEndsQuietly) {
  const Ended ended = run_parlab(GetParam(), ".", {.out = "unread"});
  EXPECT_EQ(ended.code, 128 + SIGPIPE);
  EXPECT_THAT(ended.err, testing::Not(HasSubstr("parlab: ")));
}

INSTANTIATE_TEST_SUITE_P(
    Verbs, Printed,
    testing::Values(Words{}, Words{"--help"}, Words{"list"}, Words{"list", "--json"},
                    Words{"list", "--help"}, Words{"doctor"}, Words{"doctor", "--json"},
                    Words{"run", "--help"}, Words{"run", "pi", "--help"}, Words{"race", "--help"},
                    Words{"diff", "--help"}, Words{"suite", "--help"}, small_run,
                    with(small_run, {"--json", "-"}), with(small_run, {"--quiet", "--json", "-"}),
                    Words{"compare", "pi", "--darts", "1e3", "--backend", "threads,processes",
                          "--rounds", "1"},
                    Words{"run", "primes", "--to", "100", "--list", "--quiet", "--backend",
                          "serial", "--rounds", "1"}),
    [](const auto& info) {
      std::string name = fmt::format("{}_{}", info.index, fmt::join(info.param, "_"));
      std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '_'; });
      return name;
    });

TEST(Stdout, ThatIsFullLosesNoResultFile) {
  const TemporaryFolder folder;
  const Ended ended =
      run_parlab(with(small_run, {"--json", "pi.json"}), folder.path(), {.out = "/dev/full"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(read_json(folder.path() / "pi.json")["results"][0]["ok"]);
  EXPECT_THAT(ended.err, HasSubstr("median ["));  // the table, where it can be read
}

TEST(Stdout, ThatIsFullSendsTheResultElsewhere) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab(
      with(small_run, {"--quiet", "--json", "-"}), folder.path(),
      {.out = "/dev/full", .err = "", .variables = {"TMPDIR=" + folder.path().string()}});
  EXPECT_EQ(ended.code, 1);
  ASSERT_EQ(folder.files().size(), 1u);
  const std::string path = (folder.path() / folder.files()[0]).string();
  EXPECT_THAT(ended.err, HasSubstr("the result is in " + path));
  EXPECT_TRUE(read_json(path)["results"][0]["ok"]);
}

TEST(Stdout, IsNotNeededWhereNothingIsPrinted) {
  const TemporaryFolder folder;
  for (const char* out : {"/dev/full", "closed"}) {
    const Ended ended =
        run_parlab(with(small_run, {"--quiet", "--json", "pi.json"}), folder.path(), {.out = out});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(read_json(folder.path() / "pi.json")["schema"], "parlab/1");
  }
}

TEST(Stderr, ThatTakesNothingChangesNothing) {
  const TemporaryFolder folder;
  for (const char* err : {"/dev/full", "closed"}) {
    EXPECT_EQ(run_parlab({"rum"}, ".", {.err = err}).code, 2);
    const Ended ended = run_parlab(with(small_run, {"--progress", "--json", "pi.json"}),
                                   folder.path(), {.err = err});
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.out, HasSubstr("median ["));
    EXPECT_EQ(read_json(folder.path() / "pi.json")["schema"], "parlab/1");
  }
}

TEST(OutputFile, IsWrittenThroughALinkAndKeepsItsPermissions) {
  const TemporaryFolder folder;
  const fs::path& here = folder.path();
  fs::create_directory(here / "below");
  std::ofstream(here / "below/real.json") << "old";
  fs::permissions(here / "below/real.json", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("below/real.json", here / "link.json");
  fs::create_symlink("below/new.json", here / "dangling.json");
  for (const char* name : {"link.json", "dangling.json"}) {
    const Ended ended = run_parlab(with(small_run, {"--quiet", "--json", name}), here);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_TRUE(fs::is_symlink(here / name));
    EXPECT_EQ(read_json(here / name)["schema"], "parlab/1");
  }
  EXPECT_EQ(fs::status(here / "below/real.json").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(std::distance(fs::directory_iterator(here / "below"), {}), 2);
}

struct BadPlace {
  std::string path;  // in the test's folder
  std::string complaint;
};

TEST(OutputFile, IsRefusedBeforeTheWorkWhereItCannotBe) {
  const TemporaryFolder folder;
  const fs::path& here = folder.path();
  fs::create_directory(here / "folder");
  std::ofstream(here / "file") << "text";
  mkfifo((here / "pipe").c_str(), 0600);
  fs::create_symlink("folder", here / "to_folder");
  fs::create_symlink("loop", here / "loop");
  fs::create_symlink("no/where", here / "to_nowhere");
  const auto before = folder.files();
  for (const BadPlace& bad : {BadPlace{"folder", "it is a folder"},
                              {"folder/", "a folder"},
                              {"new/", "it names a folder"},
                              {"to_folder", "it is a folder"},
                              {"pipe", "not a regular file"},
                              {"loop", "Too many levels of symbolic links"},
                              {"to_nowhere", "no does not exist"},
                              {"file/below.json", "is not a folder"},
                              {"no/such.json", "the folder no does not exist"},
                              {std::string(300, 'x'), "File name too long"},
                              {"", "the name is empty"}}) {
    for (const Words& verb : {small_run, Words{"compare", "pi", "--backend", "threads,tbb"}}) {
      const Ended ended = run_parlab(with(verb, {"--json", bad.path}), here);
      EXPECT_EQ(ended.code, 2) << bad.path;
      EXPECT_THAT(ended.err, HasSubstr(bad.complaint));
      EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
      EXPECT_EQ(ended.out, "");
    }
  }
  EXPECT_EQ(folder.files(), before);
  EXPECT_EQ(content(here / "file"), "text");
}

TEST(OutputFile, MayHaveAnyNameThatAFileMayHave) {
  const TemporaryFolder folder;
  for (const std::string& name : {std::string(255, 'n'), std::string("r\xE9sultat \xFF.json"),
                                  std::string("a\nb\t\"c\".json"), std::string("-x.json")}) {
    const Ended ended = run_parlab(with(small_run, {"--quiet", "--json=" + name}), folder.path());
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(read_json(folder.path() / name)["schema"], "parlab/1");
  }
  EXPECT_EQ(folder.files().size(), 4u);
}

TEST(OutputFile, IsNotStdoutItself) {
  const TemporaryFolder folder;
  const std::string place = (folder.path() / "both").string();
  std::ofstream(place) << "";
  const Ended ended = run_parlab(with(small_run, {"--json", "/dev/stdout"}), ".", {.out = place});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("name another file, or - for stdout"));
}

/// A file system of so many KiB, for as long as this lives; `ok` where it could be mounted.
struct SmallDisk {
  explicit SmallDisk(int kibibytes)
      : ok(mount("parlab-test", folder.path().c_str(), "tmpfs", 0,
                 fmt::format("size={}k", kibibytes).c_str()) == 0) {}
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (ok) umount2(folder.path().c_str(), MNT_DETACH);
  }
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }

  TemporaryFolder folder;
  bool ok;
};

/// What delivering a result of two MiB says; its document.
std::string complaint_on(ResultPlace& place, const json& document) {
  try {
    place.deliver(document);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

const json two_mebibytes = {{"text", std::string(std::size_t{2} << 20, 'x')}};

TEST(Result, OutlivesADiskThatFillsUp) {
  const SmallDisk disk(1500);  // room for what is reserved
  if (!disk.ok) GTEST_SKIP() << "needs the right to mount a small file system";
  std::ofstream(disk.path("r.json")) << "old";
  ResultPlace place(disk.path("r.json"));
  const std::string said = complaint_on(place, two_mebibytes);
  EXPECT_THAT(said, HasSubstr("No space left on device; the result is in "));
  const std::string path = said.substr(said.rfind(' ') + 1);
  EXPECT_EQ(read_json(path), two_mebibytes);
  fs::remove(path);
  EXPECT_EQ(content(disk.path("r.json")), "old");
}

TEST(Result, OutlivesAFolderThatIsRemoved) {
  const TemporaryFolder folder;
  const fs::path below = folder.path() / "below";
  fs::create_directory(below);
  ResultPlace place((below / "r.json").string());
  fs::remove_all(below);
  const std::string said = complaint_on(place, {{"a", 1}});
  EXPECT_THAT(said, HasSubstr("; the result is in "));
  const std::string path = said.substr(said.rfind(' ') + 1);
  EXPECT_EQ(read_json(path), json({{"a", 1}}));
  fs::remove(path);
}

TEST(Lines, OutliveADiskThatFillsUp) {
  const SmallDisk disk(1500);
  if (!disk.ok) GTEST_SKIP() << "needs the right to mount a small file system";
  LineOutput output(disk.path("pages.jsonl"));
  const int count = 3000;
  std::string said;
  try {
    for (int i = 0; i < count; ++i)
      output.add(json({{"page", i}, {"text", std::string(1000, 'x')}}).dump());
    output.finish();
  } catch (const std::exception& error) {
    said = error.what();
  }
  EXPECT_THAT(said, MatchesRegex(".*No space left on device; the lines up to there are in "
                                 ".*/pages.jsonl.partial; the lines from there on are in .*"));
  std::vector<json> lines = json_lines(disk.path("pages.jsonl.partial"));
  const std::string rest = said.substr(said.rfind(' ') + 1);
  for (json& line : json_lines(rest)) lines.push_back(std::move(line));
  fs::remove(rest);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) EXPECT_EQ(lines[i]["page"], i);
  EXPECT_FALSE(fs::exists(disk.path("pages.jsonl")));
}

TEST(Suite, EndsWhereAResultHasNoPlaceAndKeepsWhatIsDone) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out";
  fs::create_directories(out / "primes-sieve.json");  // in the way of the second
  const Ended ended = run_parlab({"suite", "--only", "primes-growth,primes-sieve,primes-feed",
                                  "--quiet", "--out", "out", "--budget", "none"},
                                 folder.path());
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("out/primes-sieve.json: it is a folder; name a file in it; "
                                   "1 of 3 races are in out"));
  const json suite = read_json(out / "suite.json");
  EXPECT_EQ(suite["files"], json({"primes-growth.json"}));
  EXPECT_EQ(read_json(out / "primes-growth.json")["schema"], "parlab/1");
  ASSERT_EQ(suite["failed"].size(), 2u);
  for (const json& failed : suite["failed"])
    EXPECT_THAT(failed["cause"].get<std::string>(), HasSubstr("it is a folder"));
}

}  // namespace
}  // namespace parlab
