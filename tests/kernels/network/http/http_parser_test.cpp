#include "kernels/network/http/http_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace parlab {
namespace {

using testing::ElementsAre;

/// Feeds the text in pieces of so many bytes, until the message wants no more or the text ends.
void feed(MessageReader& reader, std::string_view text, std::size_t piece) {
  while (!text.empty() && reader.wants_more()) {
    const auto room = reader.room();
    const std::size_t count = std::min({piece, text.size(), room.size()});
    std::copy_n(text.begin(), count, room.begin());
    reader.took(count);
    text.remove_prefix(count);
  }
}

MessageReader read(std::string_view text, std::size_t piece = 1 << 20, MessageLimits limits = {}) {
  MessageReader reader(MessageReader::Kind::response, limits);
  feed(reader, text, piece);
  return reader;
}

TEST(MessageReader, TakesAResponseInPiecesOfAnySize) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\n";
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 4096U}) {
    MessageReader reader = read(text, piece);
    ASSERT_TRUE(reader.complete()) << piece << ": " << reader.fault_text();
    EXPECT_EQ(reader.status(), 200);
    EXPECT_EQ(reader.body(), "hello world");
    EXPECT_TRUE(reader.keep_alive());
    std::vector<std::string> cookies;
    reader.each_field("SET-COOKIE", [&](std::string_view value) { cookies.emplace_back(value); });
    EXPECT_THAT(cookies, ElementsAre("a=1", "b=2"));
  }
}

TEST(MessageReader, KeepsWhatComesBeyondAMessageForTheNext) {
  const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  MessageReader reader = read(one + "a" + one + "b");
  EXPECT_EQ(reader.body(), "a");
  EXPECT_TRUE(reader.has_surplus());
  reader.next();
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(reader.body(), "b");
  EXPECT_FALSE(reader.has_surplus());
}

TEST(MessageReader, PassesOverInterimResponses) {
  MessageReader reader = read(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno");
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(reader.status(), 404);
  EXPECT_EQ(reader.field("link"), "");
}

TEST(MessageReader, EndsABodyWithoutLengthWithTheConnection) {
  MessageReader reader = read("HTTP/1.1 200 OK\r\n\r\nabc");
  EXPECT_TRUE(reader.wants_more());
  reader.ended();
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(reader.body(), "abc");
  EXPECT_FALSE(reader.keep_alive());
}

TEST(MessageReader, TellsATruncatedMessageFromNone) {
  MessageReader cut = read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  cut.ended();
  EXPECT_EQ(cut.fault(), MessageFault::truncated);
  MessageReader within_header = read("HTTP/1.1 200 O");
  within_header.ended();
  EXPECT_EQ(within_header.fault(), MessageFault::truncated);
  MessageReader none = read("");
  none.ended();
  EXPECT_EQ(none.fault(), MessageFault::empty);
}

TEST(MessageReader, RefusesWhatIsNotHttp) {
  for (const char* text :
       {"SSH-2.0-OpenSSH_9.2\r\n", "ICY 200 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"}) {
    MessageReader reader = read(text);
    EXPECT_EQ(reader.fault(), MessageFault::malformed) << text;
    EXPECT_FALSE(reader.fault_text().empty());
  }
}

TEST(MessageReader, ReadsHeadsThatClientsPutUpWith) {
  for (const char* head :
       {"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 1\n\n", "HTTP/1.0  200  OK\r\nContent-Length: 1\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\n",
        "HTTP/1.1 200 OK\r\ncontent-length\t:1 \r\n\r\n",
        "\r\n\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200\nX: a\n b: c\nContent-Length: 1\n\n"})
    for (const std::size_t piece : {1U, 5U, 999U}) {
      MessageReader reader = read(head + std::string("a"), piece);
      ASSERT_TRUE(reader.complete()) << head << reader.fault_text();
      EXPECT_EQ(reader.status(), 200);
      EXPECT_EQ(reader.body(), "a");
    }
  MessageReader named = read("HTTP/1.1 200\nX-A \t: b\nContent-Length: 0\n\n");
  EXPECT_EQ(named.field("x-a"), "b");
  MessageReader controls = read("HTTP/1.1 200\nX-A: \x1b[1mb\x7f\x01 c\nContent-Length: 0\n\n");
  EXPECT_EQ(controls.field("x-a"), "[1mb   c");
}

TEST(MessageReader, StaysStrictWhereAMistakeWouldBeDangerous) {
  for (const char* text : {"HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1\r\n\r\n",
                           "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1200 OK\r\n\r\n",
                           "HTTP/1.1 200 OK\n: nameless\n\n", "HTTP/1.1 200 OK\nA B: c\n\n",
                           "HTTP/1.1 200 OK\nContent-Length: 1\nContent-Length : 2\n\nab",
                           "HTTP/1.1 200 OK\nContent-Length: 1\x01\n\nab",
                           "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\x7f\n\n0\n\n",
                           "HTTP/1.1 200 OK\nX: a\rContent-Length: 1\n\nab"}) {
    MessageReader reader = read(text, 3);
    EXPECT_EQ(reader.fault(), MessageFault::malformed) << text;
  }
}

TEST(MessageReader, ReadsChunksThatClientsPutUpWith) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body :
       {"5     \r\nhello\r\n0     \r\n\r\n", "5\nhello\n0\n\n", "5\r\nhello\n0\r\n\n",
        "005 ; a=b\r\nhello\r\n000\r\nX: y\r\n\r\n", "2\nhe\r\n3\t\nllo\n0;\nT: u\n\r\n"})
    for (const std::size_t piece : {1U, 2U, 3U, 999U}) {
      MessageReader reader = read(head + body + "HTTP", piece);
      ASSERT_TRUE(reader.complete()) << body << reader.fault_text();
      EXPECT_EQ(reader.body(), "hello");
      EXPECT_TRUE(reader.keep_alive());
    }
  for (const char* body : {"\r\n", "5x\r\nhello", "-5\r\nhello", "0x5\r\nhello", " 5\r\nhello",
                           "5\r\nhello!\r\n", "5\r\nhello\rX", "5\r\nhellox\n", ";\r\n"})
    EXPECT_EQ(read(head + body, 1).fault(), MessageFault::malformed) << body;
  MessageReader cut = read(head + "5\r\nhello\r\n");
  cut.ended();
  EXPECT_EQ(cut.fault(), MessageFault::truncated);
  EXPECT_EQ(read(head + "FFFFFFFFFFFFFFFFF\r\n").fault(), MessageFault::body_too_big);
}

TEST(MessageReader, PassesOverEmptyLinesBeforeARequest) {
  MessageReader reader(MessageReader::Kind::request);
  feed(reader, "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 1);
  ASSERT_TRUE(reader.complete()) << reader.fault_text();
  EXPECT_EQ(reader.target(), "/");
  MessageReader endless = read(std::string(1 << 20, '\n'), 4096);
  EXPECT_EQ(endless.fault(), MessageFault::header_too_big);
}

// Each of these would go on without an end.
TEST(MessageReader, BoundsAllThatIsNotBody) {
  const auto repeated = [](const std::string& text) {
    std::string all;
    while (all.size() < 4 << 20) all += text;
    return all;
  };
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& text :
       {"HTTP/1.1 200 OK\r\n" + repeated("A: b\r\n"), repeated("HTTP/1.1 100 Continue\r\n\r\n"),
        chunked + "1;" + repeated("x"), chunked + "1\r\n.\r\n0\r\n" + repeated("T: z\r\n"),
        chunked + repeated("1;" + std::string(1000, 'e') + "\r\n.\r\n")}) {
    MessageReader reader = read(text, 4096);
    EXPECT_EQ(reader.fault(), MessageFault::header_too_big) << text.substr(0, 60);
    EXPECT_LT(reader.wire_bytes(), 1U << 20);
  }
}

TEST(MessageReader, BoundsTheBody) {
  const MessageLimits limits{.body = 10};
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", 99, limits).fault(),
            MessageFault::body_too_big);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n0123456789A", 99, limits).fault(),
            MessageFault::body_too_big);
  EXPECT_TRUE(
      read("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", 99, limits).complete());
}

TEST(MessageReader, AnAnswerToHeadHasNoBody) {
  MessageReader reader(MessageReader::Kind::response);
  reader.next(true);
  feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 99);
  EXPECT_TRUE(reader.complete());
}

TEST(MessageReader, ReadsRequests) {
  MessageReader reader(MessageReader::Kind::request);
  feed(reader, "GET /add?name=a HTTP/1.0\r\nHost: h\r\n\r\n", 5);
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(reader.method(), "GET");
  EXPECT_EQ(reader.target(), "/add?name=a");
  EXPECT_EQ(reader.field("host"), "h");
  EXPECT_FALSE(reader.keep_alive());
}

}  // namespace
}  // namespace parlab
