#include "experiments/own_kernel/array_image.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "experiments/base/experiment.hpp"

namespace parlab {
namespace {

template <class T>
T value_at(const std::byte* place) {
  T value;
  std::memcpy(&value, place, sizeof(T));
  return value;
}

double real_at(const std::byte* place, std::uint32_t bytes) {
  return bytes == sizeof(float) ? value_at<float>(place) : value_at<double>(place);
}

std::string told(own::Kind kind, const std::byte* place, std::uint32_t bytes) {
  if (kind == own::Kind::real)
    return bytes == sizeof(float) ? fmt::to_string(value_at<float>(place))
                                  : fmt::to_string(value_at<double>(place));
  if (kind == own::Kind::bytes) return "other bytes";
  std::uint64_t whole = 0;
  std::memcpy(&whole, place, bytes);
  if (kind == own::Kind::whole) return fmt::to_string(whole);
  const int unused = 64 - static_cast<int>(8 * bytes);  // the sign's bit to the left, and back
  return fmt::to_string(static_cast<std::int64_t>(whole << unused) >> unused);
}

/// Calls see(array number, element, its place, the place in `other`) for elements whose bytes
/// differ.
template <class See>
void each_difference(const own::Table& table, const std::byte* other, const See& see) {
  constexpr std::size_t block = 4096;  // bytes that are compared at once
  for (std::size_t a = 0; a < table.array_count; ++a) {
    const own::Array& array = table.arrays[a];
    const std::size_t step = array.element_bytes;
    const std::uint64_t together = std::max<std::uint64_t>(block / step, 1);
    for (std::uint64_t first = 0; first < array.elements; first += together) {
      const std::uint64_t last = std::min(first + together, array.elements);
      if (std::memcmp(array.data + first * step, other + first * step, (last - first) * step) == 0)
        continue;
      for (std::uint64_t i = first; i < last; ++i)
        if (std::memcmp(array.data + i * step, other + i * step, step) != 0)
          see(a, i, array.data + i * step, other + i * step);
    }
    other += array.elements * step;
  }
}

}  // namespace

bool Tolerance::allows(double value, double right) const {
  return std::abs(value - right) <= absolute + relative * std::abs(right);
}

ArrayBytes copy_of(const own::Table& table) {
  ArrayBytes bytes;
  for (std::size_t a = 0; a < table.array_count; ++a) {
    const own::Array& array = table.arrays[a];
    bytes.insert(bytes.end(), array.data, array.data + array.elements * array.element_bytes);
  }
  return bytes;
}

void restore(const own::Table& table, std::span<const std::byte> bytes) {
  each_difference(table, bytes.data(),
                  [&](std::size_t a, std::uint64_t i, const std::byte*, const std::byte* before) {
                    const own::Array& array = table.arrays[a];
                    std::memcpy(array.data + i * array.element_bytes, before, array.element_bytes);
                  });
}

std::optional<std::string> difference(const own::Table& table, const std::vector<OwnArray>& arrays,
                                      std::span<const std::byte> right,
                                      const Tolerance& tolerance) {
  constexpr Tolerance rounding{1e-5, 0};
  std::string first;
  std::uint64_t more = 0;
  bool only_rounded = true;
  each_difference(table, right.data(),
                  [&](std::size_t a, std::uint64_t i, const std::byte* is, const std::byte* was) {
                    const OwnArray& array = arrays[a];
                    const std::uint32_t bytes = array.element_bytes;
                    if (array.kind == own::Kind::real && !tolerance.exact() &&
                        tolerance.allows(real_at(is, bytes), real_at(was, bytes)))
                      return;
                    only_rounded = only_rounded && array.kind == own::Kind::real &&
                                   rounding.allows(real_at(is, bytes), real_at(was, bytes));
                    if (!first.empty()) {
                      ++more;
                      return;
                    }
                    first = fmt::format("{}[{}] is {} instead of {}", array.name, i,
                                        told(array.kind, is, bytes), told(array.kind, was, bytes));
                  });
  if (first.empty()) return std::nullopt;
  if (more != 0) first += fmt::format(", and {} more differ", more);
  return only_rounded ? first + "; by less than 1e-5 of it: --tolerance allows that" : first;
}

std::optional<std::string> strange_number(const own::Table& table,
                                          const std::vector<OwnArray>& arrays,
                                          std::span<const std::byte> before) {
  std::optional<std::string> strange;
  each_difference(table, before.data(),
                  [&](std::size_t a, std::uint64_t i, const std::byte* is, const std::byte*) {
                    const OwnArray& array = arrays[a];
                    if (!strange && array.kind == own::Kind::real &&
                        std::isnan(real_at(is, array.element_bytes)))
                      strange =
                          fmt::format("{}[{}] is nan, which cannot be compared", array.name, i);
                  });
  return strange;
}

std::string checksum_of(const own::Table& table) {
  std::uint64_t sum = 0;
  for (std::size_t a = 0; a < table.array_count; ++a) {
    const own::Array& array = table.arrays[a];
    const std::uint64_t bytes = array.elements * array.element_bytes;
    for (std::uint64_t at = 0; at < bytes; at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, array.data + at, std::min<std::uint64_t>(sizeof(word), bytes - at));
      sum = (sum ^ word) * 0x9E3779B97F4A7C15;
      sum ^= sum >> 32;
    }
  }
  return checksum_text(sum);
}

ChangeWatch::ChangeWatch(const own::Table& table, const std::vector<OwnArray>& arrays)
    : table_(&table), arrays_(&arrays), seen_(copy_of(table)) {
  std::uint64_t elements = 0;
  for (const OwnArray& array : arrays) elements += array.elements;
  changed_.resize(elements);
}

std::optional<std::string> ChangeWatch::overlap() {
  std::vector<std::uint64_t> first_of;  // elements before each array
  std::uint64_t elements = 0;
  for (const OwnArray& array : *arrays_) {
    first_of.push_back(elements);
    elements += array.elements;
  }
  std::optional<std::string> twice;
  each_difference(*table_, seen_.data(),
                  [&](std::size_t a, std::uint64_t i, const std::byte* is, const std::byte* was) {
                    const OwnArray& array = (*arrays_)[a];
                    if (changed_[first_of[a] + i] && !twice)
                      twice =
                          fmt::format("{}[{}] is written by two parts of the range", array.name, i);
                    changed_[first_of[a] + i] = true;
                    std::memcpy(seen_.data() + (was - seen_.data()), is, array.element_bytes);
                  });
  return twice;
}

void SharedImage::save(const own::Table& table) {
  std::byte* to = memory_.data();
  for (std::size_t a = 0; a < table.array_count; ++a) {
    const own::Array& array = table.arrays[a];
    const std::uint64_t bytes = array.elements * array.element_bytes;
    if (bytes != 0) std::memcpy(to, array.data, bytes);
    to += bytes;
  }
}

}  // namespace parlab
