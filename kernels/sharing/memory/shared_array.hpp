#pragma once

// SharedArray: numbers that all processes see, never copied.
//
//   SharedArray<double> field({rows, columns});  // before the processes are forked
//   field.row(i)[j] = 1.0;
//   auto matrix = eigen_view(field);    // eigen_view.hpp
//   auto tensor = xtensor_view(field);  // xtensor_view.hpp
//
// For a program that is no child, which is told field.name():
//
//   const auto field = SharedArray<double>::named({rows, columns});
//   const auto same = SharedArray<double>::attach(name, {rows, columns});  // there
//
// Row-major, zero at first, page-aligned. No lock: who writes which part is for the caller to
// settle. Cost: the first touch of each page faults, populate() takes all faults at once; then it
// is memory.

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "kernels/sharing/memory/segment.hpp"
#include "kernels/sharing/messages/crossing.hpp"

namespace parlab {

/// Up to 8 dimensions.
template <class T>
class SharedArray {
 public:
  using Shape = std::vector<std::size_t>;

  /// Without a name, for this process and those forked from it: gone with the last of them. Throws
  /// OutOfRoom.
  explicit SharedArray(const Shape& shape) : SharedArray(shape, Segment(facts_of(shape), false)) {}
  SharedArray(std::initializer_list<std::size_t> shape) : SharedArray(Shape(shape)) {}
  /// In /dev/shm, removed by the destructor of the creator. Where that was killed, the next program
  /// that makes one removes it (sweep_leaked_segments).
  static SharedArray named(const Shape& shape) {
    return SharedArray(shape, Segment(facts_of(shape), true));
  }
  /// Throws WrongSegment where there is none, or it has another type, shape or version.
  static SharedArray attach(const std::string& name, const Shape& shape) {
    return SharedArray(shape, Segment(name, facts_of(shape)));
  }

  const Shape& shape() const { return shape_; }
  std::size_t size() const { return segment_.bytes() / sizeof(T); }
  std::size_t bytes() const { return segment_.bytes(); }
  const std::string& name() const { return segment_.name(); }

  T* data() const { return reinterpret_cast<T*>(segment_.data()); }
  T& operator[](std::size_t i) const { return data()[i]; }
  std::span<T> view() const { return {data(), size()}; }
  T* begin() const { return data(); }
  T* end() const { return data() + size(); }
  /// The i-th part along the first dimension.
  std::span<T> row(std::size_t i) const {
    const std::size_t width = size() / shape_.front();
    return {data() + i * width, width};
  }

  /// Faults all pages in now, so that no worker pays for a first touch.
  void populate() const { segment_.populate(); }
  /// Asks for huge pages, before the first touch; false where the kernel gives none to shared
  /// memory (/sys/kernel/mm/transparent_hugepage/shmem_enabled).
  bool advise_huge_pages() const { return segment_.advise_huge_pages(); }

 private:
  SharedArray(Shape shape, Segment segment)
      : shape_(std::move(shape)), segment_(std::move(segment)) {}

  static SegmentFacts facts_of(const Shape& shape) {
    require_that_it_crosses_processes<T>();
    if (shape.empty() || shape.size() > SegmentFacts::max_dimensions)
      throw std::invalid_argument("a shared array has 1 to 8 dimensions");
    SegmentFacts facts;
    std::strncpy(facts.type.data(), typeid(T).name(), facts.type.size() - 1);
    facts.element_bytes = sizeof(T);
    facts.dimensions = shape.size();
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 0) throw std::invalid_argument("a shared array has no dimension of size 0");
      facts.shape.at(i) = shape[i];
    }
    return facts;
  }

  Shape shape_;
  Segment segment_;
};

}  // namespace parlab
