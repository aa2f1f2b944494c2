#pragma once

// What the arrays of a kernel file hold after a serial run, in memory that a race's processes share,
// and how what they hold after another run differs.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiments/own_kernel/inside/kernel_table.hpp"
#include "experiments/own_kernel/own_kernel.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {

/// How far numbers may be from the right ones: |a - b| <= absolute + relative * |b|.
struct Tolerance {
  double relative = 0, absolute = 0;

  bool exact() const { return relative == 0 && absolute == 0; }
  bool allows(double value, double right) const;
};

/// Bytes of all arrays of a loaded file, one array after the other.
using ArrayBytes = std::vector<std::byte>;
ArrayBytes copy_of(const own::Table& table);
/// Puts a copy back into the arrays.
void restore(const own::Table& table, std::span<const std::byte> bytes);

/// Where the arrays differ from `right`, and in how many elements: "z[5] is 2 instead of 3, and 4
/// more"; none where they agree. NaN agrees with NaN of the same bits.
std::optional<std::string> difference(const own::Table& table, const std::vector<OwnArray>& arrays,
                                      std::span<const std::byte> right, const Tolerance& tolerance);

/// The first number that is not one where `before` had no NaN: "z[5] is nan"; none: all are.
std::optional<std::string> strange_number(const own::Table& table,
                                          const std::vector<OwnArray>& arrays,
                                          std::span<const std::byte> before);

/// "checksum 0123456789abcdef" of what the arrays hold.
std::string checksum_of(const own::Table& table);

/// Watches which elements parts change. One that two parts change, they race for.
class ChangeWatch {
 public:
  ChangeWatch(const own::Table& table, const std::vector<OwnArray>& arrays);
  /// After a part has run, before the next does: "z[5] is written by two parts"; none: as it should
  /// be.
  std::optional<std::string> overlap();

 private:
  const own::Table* table_;
  const std::vector<OwnArray>* arrays_;
  ArrayBytes seen_;
  std::vector<bool> changed_;
};

/// Memory for a copy of a file's arrays that processes forked later write and read.
class SharedImage {
 public:
  explicit SharedImage(std::uint64_t bytes) : memory_(bytes), bytes_(bytes) {}
  void save(const own::Table& table);
  std::span<const std::byte> bytes() const { return {memory_.data(), bytes_}; }

 private:
  SharedMapping memory_;
  std::uint64_t bytes_;
};

}  // namespace parlab
