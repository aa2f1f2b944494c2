#include "experiments/commands/output_digest.hpp"

#include <gtest/gtest.h>

#include <set>

namespace parlab {
namespace {

std::string digest(std::string_view text) {
  OutputDigest digest;
  digest.add(text);
  return digest.text();
}

TEST(OutputDigest, IsTheSameHoweverTheOutputComesInPieces) {
  const std::string text = "The quick brown fox jumps over the lazy dog, 0123456789 times.\n";
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    OutputDigest pieces;
    for (std::size_t i = 0; i < text.size(); i += piece) pieces.add(text.substr(i, piece));
    pieces.add("");
    EXPECT_EQ(pieces.text(), digest(text)) << piece;
    EXPECT_EQ(pieces.bytes(), text.size());
  }
}

TEST(OutputDigest, TellsOutputsApart) {
  std::set<std::string> seen;
  std::size_t count = 0;
  const auto add = [&](const std::string& text) {
    ++count;
    seen.insert(digest(text));
  };
  for (std::size_t length = 0; length < 40; ++length) add(std::string(length, '\0'));
  for (std::size_t length = 1; length < 40; ++length) {
    std::string text(length, 'a');
    for (std::size_t place = 0; place < length; ++place) {
      text[place] = 'b';
      add(text);
      text[place] = 'a';
    }
    add(text);
  }
  add("abcdefgh12345678");
  add("12345678abcdefgh");
  EXPECT_EQ(seen.size(), count);
}

}  // namespace
}  // namespace parlab
