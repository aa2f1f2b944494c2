#pragma once

// The memory below a SharedArray: a file in memory, mapped shared, whose last page says what it
// holds. Without a name (memfd) it is gone with its last process, however that ends; with one it
// lies in /dev/shm until its creator unlinks it.

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace parlab {

/// What a segment holds, as its last page tells those who attach.
struct SegmentFacts {
  static constexpr std::size_t max_dimensions = 8;

  std::array<char, 64> type{};  ///< as typeid(T).name() says
  std::uint64_t element_bytes = 0;
  std::uint64_t dimensions = 0;
  std::array<std::uint64_t, max_dimensions> shape{};

  std::uint64_t elements() const;
  /// "double [1000, 80000]"
  std::string describe() const;
  bool operator==(const SegmentFacts&) const = default;
};

class Segment {
 public:
  /// Room for the facts' elements, zeroed. Throws OutOfRoom where the machine has not that much:
  /// for a named one all of it is reserved at once, since a full /dev/shm would otherwise be met as
  /// a SIGBUS at the first touch.
  Segment(const SegmentFacts& facts, bool named);
  /// Attaches by name. Throws WrongSegment where there is none, or it holds something else.
  Segment(const std::string& name, const SegmentFacts& facts);
  Segment(Segment&& other) noexcept;
  Segment& operator=(Segment&&) = delete;
  /// Unmaps; the creator also unlinks.
  ~Segment();

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  /// Empty for one without a name.
  const std::string& name() const { return name_; }

  /// Faults all pages in, writable, now. Throws OutOfRoom.
  void populate() const;
  /// Asks for huge pages; false where the kernel gives none to such memory.
  bool advise_huge_pages() const;

 private:
  void map(int descriptor);

  std::string name_;
  std::size_t bytes_ = 0;   // of the elements
  std::size_t mapped_ = 0;  // with the last page
  std::byte* data_ = nullptr;
  pid_t creator_ = 0;  // 0: attached
};

}  // namespace parlab
