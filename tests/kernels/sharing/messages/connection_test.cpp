// Pipes: messages of every kind and length, their end, and waiting for many.

#include "kernels/sharing/messages/connection.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/wait.hpp"
#include "kernels/sharing/messages/serialised.hpp"
#include "kernels/sharing/process.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;

class ConnectionTest : public SharingTest {};

struct Reading {
  std::string place;
  std::vector<double> values;
  bool operator==(const Reading&) const = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Reading, place, values)

template <class T>
void expect_to_come_back(const T& value) {
  auto [here, there] = make_pipe();
  Process echo([end = &there] { end->send(end->recv<T>()); });
  echo.start();
  here.send(value);
  EXPECT_EQ(here.recv<T>(), value);
}

TEST_F(ConnectionTest, CarriesValuesBothWays) {
  expect_to_come_back(42);
  expect_to_come_back(std::array<double, 3>{1, 2, 3});
  expect_to_come_back(std::string());
  expect_to_come_back(std::string("text"));
  expect_to_come_back(std::vector<std::uint64_t>{});
  expect_to_come_back(std::vector<std::string>{"a", "", "bc"});
  expect_to_come_back(std::vector<bool>{true, false, true});
  expect_to_come_back(std::tuple<int, std::string, double>{1, "two", 3.0});
  expect_to_come_back(std::pair<std::string, int>{"one", 1});
  expect_to_come_back(std::optional<std::string>("there"));
}

TEST_F(ConnectionTest, CarriesWhatJsonCan) {
  expect_to_come_back(std::map<std::string, int>{{"a", 1}, {"b", 2}});
  expect_to_come_back(std::vector<Reading>{{"here", {1.5, 2.5}}, {"there", {}}});
}

TEST_F(ConnectionTest, CarriesMessagesLongerThanAPacket) {
  for (const std::size_t length : {packet_bytes - 17, packet_bytes - 16, packet_bytes - 8,
                                   packet_bytes, 10 * packet_bytes + 1})
    expect_to_come_back(std::string(length, 'y'));
}

TEST_F(ConnectionTest, TellsAMessageOfAnotherSize) {
  auto [here, there] = make_pipe();
  here.send(std::uint32_t{1});
  EXPECT_THROW(there.recv<double>(), BadMessage);
  here.send(std::uint64_t{1} << 40);
  EXPECT_THROW(there.recv<std::string>(), BadMessage);
  here.send_bytes(Bytes(3));
  EXPECT_EQ(there.recv_bytes().size(), 3u);
}

TEST_F(ConnectionTest, TellsTheEndOfTheOtherSide) {
  auto [here, there] = make_pipe();
  Process child([end = &there, other = &here] {
    other->close();
    end->send(1);
  });
  child.start();
  there.close();
  EXPECT_TRUE(there.closed());
  EXPECT_THROW(there.fileno(), std::logic_error);
  EXPECT_EQ(here.recv<int>(), 1);
  EXPECT_THROW(here.recv<int>(), EndOfFile);
  EXPECT_THROW(here.send(1), EndOfFile);  // and no SIGPIPE
}

TEST_F(ConnectionTest, TellsThatTheOtherSideWasKilledInALongMessage) {
  auto [here, there] = make_pipe();
  Process child([end = &there, other = &here] {
    other->close();
    end->send(std::string(std::size_t{100} << 20, 'x'));  // waits until it is read
  });
  child.start();
  there.close();
  ASSERT_TRUE(here.poll(long_enough));
  child.kill();
  child.join();
  EXPECT_THROW(here.recv<std::string>(), EndOfFile);
}

TEST_F(ConnectionTest, GoesOneWayWhereItIsNotDuplex) {
  auto [receiver, sender] = make_pipe(false);
  sender.send(1);
  EXPECT_EQ(receiver.recv<int>(), 1);
  EXPECT_THROW(receiver.send(1), EndOfFile);
}

TEST_F(ConnectionTest, WaitsForTheFirstOfMany) {
  auto [a, b] = make_pipe();
  auto [c, d] = make_pipe();
  EXPECT_FALSE(a.poll());
  EXPECT_TRUE(wait({a.fileno(), c.fileno()}, 0s).empty());
  d.send(1);
  EXPECT_THAT(wait({a.fileno(), c.fileno()}, long_enough), testing::ElementsAre(1));
  b.close();
  EXPECT_THAT(wait({a.fileno(), c.fileno()}), testing::ElementsAre(0, 1));
}

TEST_F(ConnectionTest, IsClosedByItsDestructorAndMayBeMoved) {
  auto [here, there] = make_pipe();
  { const Connection moved = std::move(there); }
  EXPECT_THROW(here.recv<int>(), EndOfFile);
}

}  // namespace
}  // namespace parlab
