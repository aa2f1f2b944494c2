#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlab {

/// 64 bits of what was written, however much: equal outputs have equal ones, others do not but by a
/// chance of 2^-64. Not for secrets. Cost: some 5 GB/s.
class OutputDigest {
 public:
  void add(std::string_view bytes);
  std::uint64_t bytes() const { return bytes_; }
  /// 16 hexadecimal digits.
  std::string text() const;

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15;
  std::array<char, 8> rest_{};  // of a word that is not full yet
  std::uint64_t bytes_ = 0;
};

}  // namespace parlab
