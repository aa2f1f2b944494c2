#include "tests/kernels/network/crawler/fuzz/mutation.hpp"

#include <algorithm>

namespace parlab {
namespace {

constexpr std::size_t max_size = 4096;

}  // namespace

std::string Mutation::next() {
  std::string input = corpus_[below(corpus_.size())];
  for (std::size_t count = 1 + below(6); count > 0; --count) spoil(input);
  if (input.size() > max_size) input.resize(max_size);
  return input;
}

void Mutation::spoil(std::string& input) {
  const std::size_t at = below(input.size() + 1);
  const std::size_t count = below(std::min<std::size_t>(input.size() - at, 16) + 1);
  switch (below(8)) {
    case 0:  // a byte
      if (at < input.size()) input[at] = static_cast<char>(below(256));
      break;
    case 1:  // a bit
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
      break;
    case 2:
      input.erase(at, count);
      break;
    case 3:
      input.insert(at, input.substr(at, count));
      break;
    case 4:
    case 5:
      input.insert(at, words_[below(words_.size())]);
      break;
    case 6:  // the rest is another's
    {
      const std::string& other = corpus_[below(corpus_.size())];
      input = input.substr(0, at) + other.substr(below(other.size() + 1));
      break;
    }
    default:  // many of one
      input.insert(at, std::string(below(300), static_cast<char>(below(256))));
  }
}

}  // namespace parlab
