#pragma once

#include <cstddef>
#include <iterator>
#include <optional>

namespace parlab {

/// Goes over what a source's next() returns, one value at a time, to the first that is none. For a
/// range-based for; all iterators at their end are equal. Throws what next() throws.
template <class Source, class T>
class NextIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = const T&;

  NextIterator() = default;
  explicit NextIterator(Source* source) : source_(source), value_(source->next()) {}
  const T& operator*() const { return *value_; }
  NextIterator& operator++() {
    value_ = source_->next();
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(const NextIterator& other) const {
    return value_.has_value() == other.value_.has_value();
  }

 private:
  Source* source_ = nullptr;
  std::optional<T> value_;
};

}  // namespace parlab
