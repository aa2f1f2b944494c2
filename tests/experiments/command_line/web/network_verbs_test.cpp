// serve and the experiments that wait, as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "kernels/network/servers/delay_server.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/kernels/network/raw_exchange.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Serve, ReportsRequestsAndEndsOnInterrupt) {
  const TemporaryFolder folder;
  const std::uint16_t port = free_port();
  ParlabProgram program({"serve", "--port", std::to_string(port), "--report", "report.jsonl"},
                        folder.path());
  // The report is made when the port is taken.
  for (int look = 0; look < 2000 && !std::filesystem::exists(folder.path() / "report.jsonl");
       ++look)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_THAT(raw_exchange(
                  port, "GET /add?name=a&delay=5 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              testing::EndsWith("."));
  program.signal(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 130) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("1 requests answered"));
  const auto lines = json_lines(folder.path() / "report.jsonl");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_GE(lines[0]["end"].get<double>() - lines[0]["start"].get<double>(), 0.005);
}

TEST(Serve, SaysWhatIsWrong) {
  const Listener taken("127.0.0.1", 0);
  EXPECT_THAT(run_parlab({"serve", "--port", std::to_string(taken.port())}).err,
              HasSubstr("give another with --port"));
  EXPECT_EQ(run_parlab({"serve", "--port", "99999"}).code, 2);
  EXPECT_EQ(run_parlab({"serve", "--prot", "1"}).code, 2);
  EXPECT_THAT(run_parlab({"serve", "--help"}).out, HasSubstr("Example"));
}

TEST(EventLoop, ComparesTheStylesOfWaiting) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab(
      {"run", "event_loop", "--tasks", "500", "--rounds", "2", "--json", "e.json"}, folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json results = read_json(folder.path() / "e.json")["results"];
  EXPECT_GT(results.size(), 4U);
  for (const json& result : results) {
    EXPECT_TRUE(result["ok"]);
    EXPECT_GT(result["metrics"]["heap_per_task_bytes"][0], 0) << result["label"];
  }
  EXPECT_EQ(run_parlab({"run", "event_loop", "--style", "nosuch"}).code, 2);
  EXPECT_EQ(run_parlab({"run", "event_loop", "--turns", "1", "--tasks", "1"}).code, 2);
}

TEST(Crawl, MeasuresEveryWayAgainstTheIdeal) {
  const TemporaryFolder folder;
  const Ended ended =
      run_parlab({"run", "http_clients", "--way", "ideal,all", "--requests", "20", "--delay", "2",
                  "--at-once", "5", "--timeline", "--rounds", "2", "--json", "c.json"},
                 folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json results = read_json(folder.path() / "c.json")["results"];
  EXPECT_GT(results.size(), 6U);
  for (const json& result : results) {
    EXPECT_TRUE(result["ok"]) << result["label"];
    if (result["variant"] == "ideal") continue;
    EXPECT_EQ(result["answer"]["timeline"].size(), 20U);
    for (const json& request : result["answer"]["timeline"])
      EXPECT_GE(request[1].get<double>() - request[0].get<double>(), 0.0019);
  }
}

TEST(Crawl, LeavesOutOneAfterTheOtherWhereThatTakesLong) {
  const TemporaryFolder folder;
  const auto variants = [&](const char* delay) {
    const Ended ended = run_parlab({"run", "http_clients", "--requests", "60", "--at-once", "60",
                                    "--delay", delay, "--rounds", "1", "--json", "c.json"},
                                   folder.path());
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::set<std::string> names;
    const json results = read_json(folder.path() / "c.json")["results"];
    for (const json& result : results) names.insert(result["variant"]);
    return names;
  };
  EXPECT_TRUE(variants("1").contains("serial"));
  EXPECT_FALSE(variants("100").contains("serial"));
}

TEST(Overlap, SavesEachPrimeInEveryWay) {
  const Ended ended =
      run_parlab({"run", "overlap", "--numbers", "200", "--from", "1e6", "--delay", "1", "--batch",
                  "7", "--backend", "serial,threads,processes", "--workers", "2", "--rounds", "2"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("overlapped"));
  EXPECT_EQ(run_parlab({"run", "overlap", "--way", "nosuch"}).code, 2);
}

}  // namespace
}  // namespace parlab
