// parlab check, as a user meets it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

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
using testing::IsEmpty;
using testing::Not;

/// A site of which each page is fine, but for links to an anchor "part" that no page has.
const SiteOptions site{.pages = 40, .seed = 4};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(CheckVerb, FindsTheLostAnchorsOfASite) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = site});
  const Ended ended =
      run_parlab({"check", server.origin() + "/site/", "--json", "l.jsonl"}, folder.path());
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("#part\n  the page has no such anchor\n  in " + server.origin() +
                                   "/site/"));
  std::uint64_t fine = 0;  // pages
  for (const json& link : json_lines(folder.path() / "l.jsonl")) {
    const bool is_page = link["url"].get<std::string>().ends_with(".html") ||
                         link["url"] == server.origin() + "/site/";
    fine += is_page && link["state"] == "ok" ? 1 : 0;
    if (link["state"] != "broken") continue;
    EXPECT_EQ(link["error"], "no_anchor");
    EXPECT_FALSE(link["parents"].empty());
  }
  EXPECT_EQ(fine, MadeUpSite(site).public_pages());
}

TEST(CheckVerb, IsContentWithAGoodPage) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = site});
  const Ended ended =
      run_parlab({"check", server.origin() + "/site/", "--depth", "0"}, folder.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("on 1 page, to 2 addresses: 0 broken, 0 moved"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(CheckVerb, TellsABrokenStartInEveryForm) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = site});
  const std::string start = server.origin() + "/nothing-is-here";
  const Ended ended =
      run_parlab({"check", start, "--json", "links.jsonl", "--junit", "links.xml"}, folder.path());
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(ended.out, "broken: " + start + "\n  not found (HTTP 404)\n");
  const auto lines = json_lines(folder.path() / "links.jsonl");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["url"], start);
  EXPECT_EQ(lines[0]["state"], "broken");
  EXPECT_EQ(lines[0]["error"], "http_404");
  EXPECT_EQ(lines[0]["status"], 404);
  const std::string junit = text_of(folder.path() / "links.xml");
  EXPECT_THAT(junit, HasSubstr("tests=\"1\" failures=\"1\""));
  EXPECT_THAT(junit, HasSubstr("<failure message=\"not found (HTTP 404)\">"));
  const Ended piped = run_parlab({"check", start, "--json", "-", "--quiet"}, folder.path());
  EXPECT_EQ(json::parse(piped.out)["url"], start);
  EXPECT_EQ(piped.err, "");
}

TEST(CheckVerb, TakesOptionsBeforeAndBehindTheAddress) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = site});
  const std::string start = server.origin() + "/site/";
  const std::vector<std::vector<std::string>> cases = {
      {"check", "--ignore", "*/a/*", "--ignore", "*/b/*", "--depth", "0", start},
      {"check", "--host", "a.example,b.example", start, "--depth", "0", "--ignore", "*"},
      {"crawl", "--reject", "*x*", "--accept", "*", "--header", "A: b", start, "--depth", "0"},
      {"crawl", "--host", "a.example", start, "--depth", "0"}};
  for (const auto& words : cases) {
    const Ended ended = run_parlab(words, folder.path());
    EXPECT_NE(ended.code, 2) << testing::PrintToString(words) << ended.err;
  }
}

TEST(CheckVerb, KeepsACacheFile) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = site});
  const Ended ended =
      run_parlab({"check", server.origin() + "/site/", "--cache", "links.cache"}, folder.path());
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "links.cache"));
}

TEST(CheckVerb, ReportsOnInterruptWhatItKnows) {
  const TemporaryFolder folder;
  const DelayServerProcess server({.site = {.pages = 500, .seed = 4}});
  ParlabProgram program(
      {"check", server.origin() + "/site/", "--delay", "100", "--json", "l.jsonl"}, folder.path());
  std::this_thread::sleep_for(std::chrono::milliseconds(900));
  program.signal(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 130) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("interrupted with "));
  const auto lines = json_lines(folder.path() / "l.jsonl");
  EXPECT_FALSE(lines.empty());
  EXPECT_LT(lines.size(), 500U);
  EXPECT_EQ(folder.files().size(), 1U);
}

TEST(CheckVerb, LeavesADeadServerSoonAfterAnInterrupt) {
  const DelayServerProcess server({.site = site});
  for (const char* verb : {"check", "crawl"}) {
    const TemporaryFolder folder;
    ParlabProgram program({verb, server.origin() + "/add?delay=60000", "--json", "l.jsonl"},
                          folder.path());
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    const auto begin = std::chrono::steady_clock::now();
    program.signal(SIGINT);
    const Ended ended = program.wait();
    EXPECT_EQ(ended.code, 130) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("2 s at most"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    EXPECT_THAT(program.descendants(), IsEmpty());
  }
}

}  // namespace
}  // namespace parlab
