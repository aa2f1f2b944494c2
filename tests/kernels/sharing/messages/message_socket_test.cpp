// Messages that nobody waits for: cut into packets, put together again, and refused where they are none.

#include "kernels/sharing/messages/message_socket.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
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

void add(OutgoingMessages& messages, const Bytes& bytes) {
  Bytes message = OutgoingMessages::begin();
  message.insert(message.end(), bytes.begin(), bytes.end());
  messages.add(std::move(message));
}

Bytes copy_of(BytesView bytes) { return {bytes.begin(), bytes.end()}; }

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

  SocketPair ends_;
  OutgoingMessages outgoing_;
  IncomingMessage incoming_;
};

TEST_F(MessageSocketTest, CarriesMessagesOfEveryLengthWithoutWaiting) {
  for (const std::size_t size : sizes) add(outgoing_, message_of(size));
  std::size_t rounds = 0;
  for (const std::size_t size : sizes) {
    while (!incoming_.receive(ends_.there.get())) {
      outgoing_.send(ends_.here.get());
      ASSERT_LT(++rounds, 100U);
    }
    EXPECT_EQ(copy_of(incoming_.message()), message_of(size));
  }
  EXPECT_TRUE(outgoing_.empty());
  EXPECT_GT(rounds, 2U) << "all fitted the socket at once: nothing was cut";
  EXPECT_FALSE(incoming_.receive(ends_.there.get()));
}

TEST_F(MessageSocketTest, SendsWhatIsReceivedByWaitingAndTheOtherWayRound) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, packet_bytes + 1}) {
    add(outgoing_, message_of(size));
    outgoing_.send(ends_.here.get());
    Bytes received;
    receive_message(ends_.there.get(), received);
    EXPECT_EQ(received, message_of(size));
    send_message(ends_.there.get(), message_of(size));
    EXPECT_TRUE(incoming_.receive(ends_.here.get()));
    EXPECT_EQ(copy_of(incoming_.message()), message_of(size));
  }
}

TEST_F(MessageSocketTest, RefusesAPacketThatHasNoLength) {
  send_packet(message_of(7));
  EXPECT_THROW(incoming_.receive(ends_.there.get()), BadMessage);
}

TEST_F(MessageSocketTest, RefusesALengthBeyondTheLongestMessage) {
  send_packet(packet_of(max_message_bytes + 1, 10));
  EXPECT_THROW(incoming_.receive(ends_.there.get()), BadMessage);
}

TEST_F(MessageSocketTest, RefusesMoreBytesThanWereSaid) {
  send_packet(packet_of(9, 10));
  EXPECT_THROW(incoming_.receive(ends_.there.get()), BadMessage);
}

TEST_F(MessageSocketTest, RefusesMoreBytesThanWereSaidInALaterPacketToo) {
  send_packet(packet_of(12, 10));
  EXPECT_FALSE(incoming_.receive(ends_.there.get()));
  send_packet(message_of(3));
  EXPECT_THROW(incoming_.receive(ends_.there.get()), BadMessage);
}

TEST_F(MessageSocketTest, RefusesAPacketLongerThanThoseItSends) {
  send_packet(packet_of(packet_bytes + 100, packet_bytes + 100));
  EXPECT_THROW(incoming_.receive(ends_.there.get()), BadMessage);
}

TEST_F(MessageSocketTest, TellsTheEndInTheMiddleOfAMessage) {
  send_packet(packet_of(12, 10));
  ends_.here.reset();
  EXPECT_THROW(incoming_.receive(ends_.there.get()), EndOfFile);
}

TEST_F(MessageSocketTest, TellsThatNobodyIsThereToReceive) {
  ends_.there.reset();
  add(outgoing_, message_of(1));
  EXPECT_THROW(outgoing_.send(ends_.here.get()), EndOfFile);
}

TEST_F(MessageSocketTest, ForgetsWhatWasUnderWayFromAnother) {
  send_packet(packet_of(1000, 10));
  EXPECT_FALSE(incoming_.receive(ends_.there.get()));
  incoming_.reset();
  send_packet(packet_of(3, 3));
  EXPECT_TRUE(incoming_.receive(ends_.there.get()));
  EXPECT_EQ(incoming_.message().size(), 3U);
}

}  // namespace
}  // namespace parlab
