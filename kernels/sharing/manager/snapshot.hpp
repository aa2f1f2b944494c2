#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace parlab {

/// Goes over what one call fetched: a loop sees an object of a manager as it was at its begin().
template <class T>
class SnapshotIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = const T&;

  SnapshotIterator() = default;
  explicit SnapshotIterator(std::vector<T> values)
      : values_(std::make_shared<const std::vector<T>>(std::move(values))) {}

  const T& operator*() const { return (*values_)[at_]; }
  const T* operator->() const { return &**this; }
  SnapshotIterator& operator++() {
    ++at_;
    return *this;
  }
  SnapshotIterator operator++(int) {
    SnapshotIterator before = *this;
    ++at_;
    return before;
  }
  /// All that are at their end are equal.
  bool operator==(const SnapshotIterator& other) const { return left() == other.left(); }

 private:
  std::size_t left() const { return values_ ? values_->size() - at_ : 0; }

  std::shared_ptr<const std::vector<T>> values_;
  std::size_t at_ = 0;
};

}  // namespace parlab
