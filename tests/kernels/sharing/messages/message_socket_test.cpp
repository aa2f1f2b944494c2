// Messages cut into packets, put together again, and refused where they are none.

#include "kernels/sharing/messages/message_socket.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

/// Bytes that tell where they stand.
Bytes message_of(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i % 251);
  return bytes;
}

const std::vector<std::size_t> sizes = {0,
                                        1,
                                        packet_bytes - 9,
                                        packet_bytes - 8,
                                        packet_bytes - 7,
                                        packet_bytes,
                                        2 * packet_bytes - 8,
                                        2 * packet_bytes - 7,
                                        20 * packet_bytes + 3,  // more than a socket holds
                                        2};

class MessageSocketTest : public SharingTest {
 protected:
  void SetUp() override {
    SharingTest::SetUp();
    ends_ = make_message_sockets();
  }
  void TearDown() override {
    ends_ = {};
    SharingTest::TearDown();
  }
  void send_packet(const Bytes& packet) const {
    ASSERT_EQ(send(ends_.here.get(), packet.data(), packet.size(), 0),
              static_cast<ssize_t>(packet.size()));
  }
  /// A packet that says how long its message is, and `there` bytes of it.
  static Bytes packet_of(std::uint64_t length, std::size_t there) {
    Bytes packet = message_of(sizeof length + there);
    std::memcpy(packet.data(), &length, sizeof length);
    return packet;
  }

  Bytes receive() const {
    Bytes message;
    receive_message(ends_.there.get(), message);
    return message;
  }

  SocketPair ends_;
};

TEST_F(MessageSocketTest, CarriesMessagesOfEveryLength) {
  std::thread sender([&] {
    for (const std::size_t size : sizes) send_message(ends_.here.get(), message_of(size));
  });
  for (const std::size_t size : sizes) EXPECT_EQ(receive(), message_of(size));
  sender.join();
}

TEST_F(MessageSocketTest, RefusesAPacketThatHasNoLength) {
  send_packet(message_of(7));
  EXPECT_THROW(receive(), BadMessage);
}

TEST_F(MessageSocketTest, RefusesALengthBeyondTheLongestMessage) {
  send_packet(packet_of(max_message_bytes + 1, 10));
  EXPECT_THROW(receive(), BadMessage);
}

TEST_F(MessageSocketTest, RefusesMoreBytesThanWereSaid) {
  send_packet(packet_of(9, 10));
  EXPECT_THROW(receive(), BadMessage);
}

TEST_F(MessageSocketTest, RefusesMoreBytesThanWereSaidInALaterPacketToo) {
  send_packet(packet_of(12, 10));
  send_packet(message_of(3));
  EXPECT_THROW(receive(), BadMessage);
}

TEST_F(MessageSocketTest, RefusesAPacketLongerThanThoseItSends) {
  send_packet(packet_of(packet_bytes + 100, packet_bytes + 100));
  EXPECT_THROW(receive(), BadMessage);
}

TEST_F(MessageSocketTest, TellsTheEndInTheMiddleOfAMessage) {
  send_packet(packet_of(12, 10));
  ends_.here.reset();
  EXPECT_THROW(receive(), EndOfFile);
}

TEST_F(MessageSocketTest, TellsThatNobodyIsThereToReceive) {
  ends_.there.reset();
  EXPECT_THROW(send_message(ends_.here.get(), message_of(1)), EndOfFile);
}

}  // namespace
}  // namespace parlab
