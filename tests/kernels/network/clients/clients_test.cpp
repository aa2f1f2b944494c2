#include "kernels/network/clients/clients.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "kernels/network/servers/delay_server.hpp"

namespace parlab {
namespace {

std::uint64_t sum_below(std::uint64_t n) { return n * (n - 1) / 2; }

class EveryClient : public testing::TestWithParam<Client> {};

TEST_P(EveryClient, FetchesEachRequestOnce) {
  const DelayServerProcess server;
  for (const std::uint64_t requests : {0U, 1U, 7U, 200U})
    for (const std::uint64_t at_once : {1U, 20U})
      for (const bool keep_alive : {true, false}) {
        const Job job{.port = server.port(),
                      .requests = requests,
                      .at_once = at_once,
                      .delay = std::chrono::milliseconds(requests == 7 ? 5 : 0),
                      .keep_alive = keep_alive};
        const Fetched fetched = GetParam().fetch(job);
        EXPECT_EQ(fetched.answers, requests);
        EXPECT_EQ(fetched.sum, requests == 0 ? 0 : sum_below(requests));
        EXPECT_EQ(fetched.failures, 0U);
      }
}

class EveryClientAtOnce : public EveryClient {};

TEST_P(EveryClientAtOnce, SendsAsManyAsAsked) {
  const DelayServerProcess server;
  // One after the other they would take 50 s.
  const Job job{
      .port = server.port(), .requests = 50, .at_once = 50, .delay = std::chrono::seconds(1)};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(GetParam().fetch(job).answers, 50U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(40));
}

TEST_P(EveryClient, GoesOnAfterItWasStopped) {
  const DelayServerProcess server;
  const Job job{
      .port = server.port(), .requests = 12, .at_once = 4, .delay = std::chrono::milliseconds(30)};
  ChildProcess child =
      ChildProcess::fork([&] { _exit(GetParam().fetch(job).answers == job.requests ? 0 : 1); });
  // A measured process is stopped while others run, so this must not look like a lost answer.
  for (int stop = 0; stop < 5; ++stop) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    child.signal(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    child.signal(SIGCONT);
  }
  EXPECT_TRUE(child.wait().success());
}

TEST_P(EveryClient, CountsFailuresWhereNobodyAnswers) {
  const Listener listener("127.0.0.1", 0);
  std::uint16_t closed = 0;
  {
    const Listener gone("127.0.0.1", 0);
    closed = gone.port();
  }
  const Job refused{.port = closed, .requests = 5, .at_once = 2};
  EXPECT_EQ(GetParam().fetch(refused).failures, 5U);
  const Job silent{.port = listener.port(),
                   .requests = 2,
                   .at_once = 2,
                   .timeout = std::chrono::milliseconds(300)};
  EXPECT_EQ(GetParam().fetch(silent).failures, 2U);
}

std::string name_of(const testing::TestParamInfo<Client>& info) { return info.param.name; }

std::vector<Client> clients_at_once() {
  std::vector<Client> found = clients();
  std::erase_if(found, [](const Client& client) { return client.one_at_a_time; });
  return found;
}

INSTANTIATE_TEST_SUITE_P(Clients, EveryClient, testing::ValuesIn(clients()), name_of);
INSTANTIATE_TEST_SUITE_P(Clients, EveryClientAtOnce, testing::ValuesIn(clients_at_once()), name_of);

}  // namespace
}  // namespace parlab
