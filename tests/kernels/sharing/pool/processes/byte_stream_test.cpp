// Messages through a ring of bytes: of every length, in parts, and what is none.

#include "kernels/sharing/pool/processes/byte_stream.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <thread>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/message_socket.hpp"
#include "kernels/sharing/process.hpp"
#include "kernels/sharing/sync/shared_object.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

/// Bytes that tell where they stand, and in which message.
Bytes message_of(std::size_t size, std::size_t which) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i + 7 * which) % 251);
  return bytes;
}

Bytes copy_of(BytesView bytes) { return {bytes.begin(), bytes.end()}; }

const std::vector<std::size_t> sizes = {0,
                                        1,
                                        7,
                                        8,
                                        9,
                                        1000,
                                        ByteStream::capacity - 9,
                                        ByteStream::capacity - 8,
                                        ByteStream::capacity - 7,
                                        ByteStream::capacity,
                                        3 * ByteStream::capacity + 5,
                                        2};

class ByteStreamTest : public SharingTest {
 protected:
  SharedObject<ByteStream> stream_{0};
  StreamWriter writer_;
  StreamReader reader_;
};

// In turns, so that messages begin and are cut at ever other places of the ring.
TEST_F(ByteStreamTest, CarriesMessagesOfEveryLength) {
  for (std::size_t round = 0; round < 200; ++round) {
    const std::size_t size = sizes[round * 5 % sizes.size()];
    const Bytes message = message_of(size, round);
    bool written = false;
    bool read = false;
    for (int turn = 0; !written || !read; ++turn) {
      if (!written) written = writer_.write(*stream_, message);
      read = reader_.read(*stream_);
      ASSERT_LT(turn, 10) << size;
    }
    EXPECT_EQ(copy_of(reader_.message()), message);
    EXPECT_FALSE(reader_.read(*stream_));
    EXPECT_FALSE(stream_->has_some());
  }
}

TEST_F(ByteStreamTest, HoldsManyMessagesThatAreReadLater) {
  for (std::size_t round = 0; round < 50; ++round) {
    std::size_t written = 0;
    while (writer_.write(*stream_, message_of(written % 300, written))) ++written;
    EXPECT_TRUE(stream_->is_filling());
    EXPECT_FALSE(stream_->has_room());
    std::size_t read = 0;
    for (; reader_.read(*stream_); ++read)
      ASSERT_EQ(copy_of(reader_.message()), message_of(read % 300, read));
    EXPECT_EQ(read, written);
    ASSERT_TRUE(writer_.write(*stream_, message_of(written % 300, written)));  // the rest of it
    ASSERT_TRUE(reader_.read(*stream_));
    EXPECT_EQ(copy_of(reader_.message()), message_of(written % 300, written));
  }
}

TEST_F(ByteStreamTest, CarriesThemToAnotherProcess) {
  constexpr std::size_t count = 3000;
  Process sender([&] {
    for (std::size_t i = 0; i < count; ++i)
      while (!writer_.write(*stream_, message_of(sizes[i % sizes.size()], i))) sched_yield();
  });
  sender.start();
  for (std::size_t i = 0; i < count; ++i) {
    while (!reader_.read(*stream_)) sched_yield();
    ASSERT_EQ(copy_of(reader_.message()), message_of(sizes[i % sizes.size()], i)) << i;
  }
  sender.join();
  EXPECT_EQ(sender.exitcode(), 0);
}

TEST_F(ByteStreamTest, RefusesALengthBeyondTheLongestMessage) {
  const std::uint64_t length = max_message_bytes + 1;
  stream_->append(std::as_bytes(std::span(&length, 1)));
  stream_->publish();
  EXPECT_THROW(reader_.read(*stream_), BadMessage);
}

TEST_F(ByteStreamTest, RefusesCountsThatMakeNoSense) {
  std::memset(static_cast<void*>(&*stream_), 'x', 200);  // as a stray pointer would
  stream_->consume(0x1000);
  EXPECT_THROW(reader_.read(*stream_), BadMessage);
}

TEST_F(ByteStreamTest, IsReadyForAnotherSideInTheMiddleOfAMessage) {
  EXPECT_FALSE(writer_.write(*stream_, message_of(2 * ByteStream::capacity, 1)));
  EXPECT_FALSE(reader_.read(*stream_));
  EXPECT_FALSE(writer_.write(*stream_, message_of(2 * ByteStream::capacity, 1)));
  writer_.reset();
  reader_.reset();
  stream_->reset();
  EXPECT_TRUE(writer_.write(*stream_, message_of(3, 2)));
  ASSERT_TRUE(reader_.read(*stream_));
  EXPECT_EQ(copy_of(reader_.message()), message_of(3, 2));
}

}  // namespace
}  // namespace parlab
