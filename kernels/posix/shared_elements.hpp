#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/posix/shared_mapping.hpp"

namespace parlab {

/// Elements in memory that threads and processes share, all bytes zero at first.
template <class T>
class SharedElements {
 public:
  explicit SharedElements(std::uint64_t count)
      : memory_(bytes_of_elements(std::max<std::uint64_t>(count, 1), sizeof(T))) {}
  T* data() const { return reinterpret_cast<T*>(memory_.data()); }
  T& operator[](std::uint64_t i) const { return data()[i]; }

 private:
  SharedMapping memory_;
};

}  // namespace parlab
