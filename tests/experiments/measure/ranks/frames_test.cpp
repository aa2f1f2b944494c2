#include "experiments/measure/ranks/frames.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <span>
#include <thread>
#include <vector>

#include "kernels/posix/sockets.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {
namespace {

/// What pass_on_frames() makes of the messages.
std::string stream_of(const std::vector<std::string>& messages) {
  SocketPair packets = make_socket_pair(SOCK_SEQPACKET, "make a socket");
  SocketPair stream = make_socket_pair(SOCK_STREAM, "make a socket");
  std::thread writer([&] {
    pass_on_frames(packets.there.get(), stream.there.get());
    stream.there.reset();
  });
  std::string text;
  std::thread reader([&] {
    std::array<char, 4096> bytes{};
    for (ssize_t n = 0; (n = recv(stream.here.get(), bytes.data(), bytes.size(), 0)) > 0;)
      text.append(bytes.data(), static_cast<std::size_t>(n));
  });
  for (const std::string& message : messages)
    send_message(packets.here.get(), std::as_bytes(std::span(message)));
  packets.here.reset();
  writer.join();
  reader.join();
  return text;
}

std::vector<std::string> read_in_pieces(const std::string& text, std::size_t size,
                                        std::string& noise) {
  FrameReader reader;
  std::vector<std::string> messages;
  for (std::size_t begin = 0; begin < text.size(); begin += size) {
    reader.add(std::string_view(text).substr(begin, size));
    while (const auto message = reader.next()) messages.push_back(*message);
    noise += reader.take_noise();
  }
  return messages;
}

TEST(Frames, ComeBackWhateverStandsBetweenAndHoweverTheyAreCut) {
  const std::vector<std::string> messages = {"", "one", std::string(20'000, 'x'),
                                             std::string("\0parlab", 7)};
  std::string text = "Welcome to h2\n";
  for (const std::string& message : messages) text += stream_of({message}) + "\n* maintenance *\n";
  for (const std::size_t size : {1, 2, 7, 8, 9, 100, 100'000}) {
    std::string noise;
    EXPECT_EQ(read_in_pieces(text, size, noise), messages) << size;
    EXPECT_NE(noise.find("Welcome to h2"), std::string::npos) << size;
  }
}

/// Who passes on whole lines only would keep the rest of one.
TEST(Frames, EndALineAndLeaveNoneBetween) {
  const std::vector<std::string> messages = {"", "one", "\n", "two\n", std::string(5000, '\n')};
  for (const std::string& message : messages) EXPECT_EQ(stream_of({message}).back(), '\n');
  for (const std::size_t size : {1, 3, 17, 10'000}) {
    std::string noise;
    EXPECT_EQ(read_in_pieces(stream_of(messages), size, noise), messages) << size;
    EXPECT_EQ(noise, "") << size;
  }
}

TEST(Frames, AreNoneInText) {
  std::string noise;
  EXPECT_TRUE(read_in_pieces(std::string(10'000, 'y'), 3, noise).empty());
  EXPECT_GT(noise.size(), 9'900u);
}

}  // namespace
}  // namespace parlab
