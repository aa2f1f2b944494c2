#include "experiments/commands/output_digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace parlab {
namespace {

/// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA'14): a bijection that mixes all bits.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

std::uint64_t word_of(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace

void OutputDigest::add(std::string_view bytes) {
  const std::size_t open = bytes_ % rest_.size();
  bytes_ += bytes.size();
  if (open > 0) {
    const std::size_t taken = std::min(rest_.size() - open, bytes.size());
    bytes.copy(rest_.data() + open, taken);
    bytes.remove_prefix(taken);
    if (open + taken < rest_.size()) return;
    state_ = mixed(state_ ^ word_of(rest_.data())) + rest_.size();
  }
  for (; bytes.size() >= rest_.size(); bytes.remove_prefix(rest_.size()))
    state_ = mixed(state_ ^ word_of(bytes.data())) + rest_.size();
  bytes.copy(rest_.data(), bytes.size());
}

std::string OutputDigest::text() const {
  std::array<char, 8> last{};
  std::copy_n(rest_.begin(), bytes_ % rest_.size(), last.begin());
  return fmt::format("{:016x}", mixed(mixed(state_ ^ word_of(last.data())) ^ bytes_));
}

}  // namespace parlab
