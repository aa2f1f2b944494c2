// parlab crawl, as a user meets it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "kernels/network/servers/delay_server.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/kernels/network/raw_exchange.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(CrawlVerb, WritesALineAPage) {
  const TemporaryFolder folder;
  const SiteOptions size{.pages = 50, .seed = 4};
  const DelayServerProcess server({.site = size});
  const Ended ended =
      run_parlab({"crawl", server.origin() + "/site/", "--json", "pages.jsonl", "--save", "saved"},
                 folder.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  std::uint64_t taken = 0;
  for (const json& page : json_lines(folder.path() / "pages.jsonl")) {
    taken += page["status"] == 200 ? 1 : 0;
    for (const char* field : {"url", "error", "bytes", "seconds", "depth", "parent"})
      EXPECT_TRUE(page.contains(field)) << field;
  }
  EXPECT_EQ(taken, MadeUpSite(size).public_pages());
  const std::uint64_t refused = size.pages - taken;
  EXPECT_THAT(ended.err, HasSubstr(std::to_string(refused) + " robots_disallow"));
  const std::filesystem::directory_iterator saved(folder.path() / "saved");
  EXPECT_EQ(std::distance(begin(saved), end(saved)), static_cast<std::ptrdiff_t>(taken));
}

TEST(CrawlVerb, StreamsToPipes) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = {.pages = 40, .seed = 4}});
  const std::string fifo = folder.path() / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  ParlabProgram program(
      {"crawl", server.origin() + "/site/", "--json", "fifo", "--edges", "edges", "--delay", "20"},
      folder.path());
  std::ifstream pipe(fifo);
  std::string line;
  ASSERT_TRUE(std::getline(pipe, line));
  EXPECT_EQ(json::parse(line)["url"], server.origin() + "/site/");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "edges"));  // the crawl goes on
  int lines = 1;
  while (std::getline(pipe, line)) ++lines;
  EXPECT_EQ(program.wait().code, 0);
  EXPECT_GE(lines, 40);
  const auto edges = json_lines(folder.path() / "edges");
  EXPECT_GT(edges.size(), 40U);
  EXPECT_EQ(edges[0]["from"], server.origin() + "/site/");
  const Ended ended =
      run_parlab({"crawl", server.origin() + "/site/", "--json", "/dev/stdout"}, folder.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(std::ranges::count(ended.out, '\n'), lines);
}

TEST(CrawlVerb, ReadsCredentialsFromAFileOfItsOwners) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = {.pages = 3, .seed = 4}});
  const auto run = [&](const std::string& text, mode_t mode) {
    std::ofstream(folder.path() / "secrets") << text;
    chmod((folder.path() / "secrets").c_str(), mode);
    return run_parlab({"crawl", server.origin() + "/site/", "--credentials", "secrets"},
                      folder.path());
  };
  const std::string good =
      "# mine\n\n" + server.origin() + " basic me:pass word\n" + "https://h:8443 BEARER tok\n";
  EXPECT_EQ(run(good, 0600).code, 0);
  EXPECT_EQ(run(good, 0640).code, 2);
  for (const char* bad :
       {"me:s3cret\n", "http://h basic s3cret\n", "http://h/x bearer s3cret\n",
        "http://h bearer s3 cret\n", "http://h digest s3cret\n", "http://h basic\n"}) {
    const Ended ended = run(bad, 0600);
    EXPECT_EQ(ended.code, 2) << bad;
    EXPECT_THAT(ended.err, HasSubstr("line 1"));
    EXPECT_THAT(ended.err, Not(HasSubstr("s3")));
  }
  for (const char* header : {"x", "A b: c", "Host: x", "Authorization: x", ": x", "X: a\nY: b"})
    EXPECT_EQ(run_parlab({"crawl", server.origin() + "/site/", "--header", header}).code, 2)
        << header;
}

TEST(CrawlVerb, MakesAMirrorAndBringsItUpToDate) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = {.pages = 30, .seed = 4}});
  const std::vector<std::string> command = {"crawl", server.origin() + "/site/", "--mirror", "m"};
  const std::string file = "m/127.0.0.1_" + std::to_string(server.port()) + "/site/index.html";
  for (int run = 0; run < 2; ++run) {
    const Ended ended = run_parlab(command, folder.path());
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("open " + file));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / file));
    EXPECT_GE(json_lines(folder.path() / "m/mirror.jsonl").size(), 30U);
  }
  std::vector<std::string> both = command;
  both.insert(both.end(), {"--state", "state"});
  EXPECT_EQ(run_parlab(both, folder.path()).code, 2);
  both = {"crawl", server.origin() + "/site/", "--mirror", "."};
  EXPECT_EQ(run_parlab(both, folder.path()).code, 2);  // it holds m
  EXPECT_EQ(folder.files().size(), 1U);
}

TEST(CrawlVerb, DrainsOnTheFirstInterruptAndGoesOn) {
  const TemporaryFolder folder;
  const SiteOptions size{.pages = 60, .seed = 4};
  const DelayServerProcess server({.site = size});
  const std::vector<std::string> command = {
      "crawl", server.origin() + "/site/", "--state", "state", "--json", "pages.jsonl", "--delay",
      "50"};
  ParlabProgram program(command, folder.path());
  for (int look = 0; look < 2000 && !std::filesystem::exists(folder.path() / "state"); ++look)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // it may be anywhere
  program.signal(SIGINT);
  const Ended interrupted = program.wait();
  EXPECT_EQ(interrupted.code, 130) << interrupted.err;
  const Ended ended =
      run_parlab({"crawl", server.origin() + "/site/", "--state", "state", "--json", "pages.jsonl"},
                 folder.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  std::uint64_t taken = 0;
  for (const json& page : json_lines(folder.path() / "pages.jsonl"))
    taken += page["status"] == 200 ? 1 : 0;
  EXPECT_EQ(taken, MadeUpSite(size).public_pages());
}

TEST(CrawlVerb, SaysWhatIsLeftBeyondItsLimits) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = {.pages = 60, .seed = 4}});
  const std::vector<std::string> command = {"crawl", server.origin() + "/site/", "--state",
                                            "state"};
  std::vector<std::string> first = command;
  first.insert(first.end(), {"--pages", "5"});
  const Ended limited = run_parlab(first, folder.path());
  EXPECT_EQ(limited.code, 0) << limited.err;
  EXPECT_THAT(limited.err, HasSubstr("5 pages done"));
  EXPECT_THAT(limited.err, HasSubstr("raise them"));
  const Ended rest = run_parlab(command, folder.path());
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_THAT(rest.err, Not(HasSubstr("raise them")));
}

TEST(CrawlVerb, SaysWhatIsWrong) {
  EXPECT_THAT(run_parlab({"crawl", "nonsense"}).err, HasSubstr("http://example.com/"));
  const Ended refused = run_parlab(
      {"crawl", "http://127.0.0.1:" + std::to_string(free_port()) + "/", "--retries", "0"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err,
              HasSubstr("could not be fetched: the host refuses connections (connect_refused)"));
  EXPECT_THAT(run_parlab({"crawl", "--help"}).out, HasSubstr("Example"));
}

}  // namespace
}  // namespace parlab
