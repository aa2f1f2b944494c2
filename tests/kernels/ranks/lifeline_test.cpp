#include "kernels/backends/ranks/lifeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using testing::HasSubstr;

/// A server that is read, until the condition holds; false where it does not within a minute.
bool serve_until(LifelineServer& server, const std::function<bool()>& condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) {
    pollfd events{server.fd(), POLLIN, 0};
    poll(&events, 1, 10);
    server.read();
  }
  return condition();
}

/// Connects beside the server.
FileDescriptor connected(LifelineServer& server, const std::string& address, int rank,
                         std::string* failure = nullptr) {
  FileDescriptor socket;
  std::atomic<bool> has_ended = false;
  std::thread rank_side([&] {
    try {
      socket = connect_lifeline(address, rank);
    } catch (const std::runtime_error& error) {
      if (failure != nullptr) *failure = error.what();
    }
    has_ended = true;
  });
  serve_until(server, [&] { return has_ended.load(); });
  rank_side.join();
  return socket;
}

TEST(Lifeline, TellsWhoseConnectionHasEnded) {
  LifelineServer server;
  FileDescriptor first = connected(server, server.address(), 0);
  FileDescriptor second = connected(server, server.address(), 7);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_TRUE(server.lost().empty());
  EXPECT_TRUE(serve_until(server, [&] { return server.has_ranks(); }));
  second.reset();
  ASSERT_TRUE(serve_until(server, [&] { return !server.lost().empty(); }));
  ASSERT_EQ(server.lost().size(), 1u);
  EXPECT_EQ(server.lost()[0].rank, 7);
  EXPECT_EQ(server.lost()[0].host, machine_name());
  EXPECT_FALSE(server.lost()[0].is_silent);
  EXPECT_TRUE(server.has_ranks());
  first.reset();
  EXPECT_TRUE(serve_until(server, [&] { return !server.has_ranks(); }));
}

TEST(Lifeline, TellsRanksThatTheServerHasEnded) {
  FileDescriptor socket;
  {
    LifelineServer server;
    socket = connected(server, server.address(), 0);
  }
  pollfd end{socket.get(), POLLIN, 0};
  EXPECT_EQ(poll(&end, 1, 60'000), 1);
}

TEST(Lifeline, MissesNoneWhoOnlyAsks) {
  LifelineServer server;
  connected(server, server.address(), -1);
  connected(server, server.address(), 3).reset();
  ASSERT_TRUE(serve_until(server, [&] { return !server.lost().empty(); }));
  EXPECT_EQ(server.lost().size(), 1u);
  EXPECT_EQ(server.lost()[0].rank, 3);
}

TEST(Lifeline, TakesNobodyWithoutItsSecret) {
  LifelineServer server;
  std::string address = server.address();
  address[0] = address[0] == 'a' ? 'b' : 'a';
  std::string failure;
  EXPECT_FALSE(connected(server, address, 3, &failure));
  EXPECT_THAT(failure, HasSubstr("cannot connect to the machine that parlab was started on"));
  EXPECT_TRUE(server.lost().empty());
}

TEST(Lifeline, TellsWhereItCouldNotConnectTo) {
  std::string address;
  {
    const LifelineServer server;
    address = server.address();
  }
  try {
    connect_lifeline(address, 0);
    FAIL() << "nobody listens";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr(lifeline_places(address)));
  }
}

/// Others may find the port: what they send is nobody's hello, and costs the server nothing.
TEST(Lifeline, EndsWhoSaysAnythingElse) {
  LifelineServer server;
  FileDescriptor good = connected(server, server.address(), 1);
  for (const std::size_t size : {1, 100, 128, 129, 5000}) {
    FileDescriptor socket = connected(server, server.address(), 2);
    ASSERT_TRUE(socket);
    const std::string noise(size, 'x');
    send(socket.get(), noise.data(), noise.size(), MSG_NOSIGNAL);
    pollfd end{socket.get(), POLLIN, 0};
    EXPECT_TRUE(serve_until(server, [&] { return poll(&end, 1, 0) == 1; })) << size;
  }
  EXPECT_TRUE(server.lost().empty());
  good.reset();
  ASSERT_TRUE(serve_until(server, [&] { return !server.lost().empty(); }));
  EXPECT_EQ(server.lost()[0].rank, 1);
}

}  // namespace
}  // namespace parlab
