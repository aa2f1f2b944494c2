#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace parlab {

/// count * element_bytes + more. Throws OutOfRoom where no address space holds as much.
std::size_t bytes_of_elements(std::uint64_t count, std::size_t element_bytes,
                              std::uint64_t more = 0);

/// Anonymous zeroed memory that stays shared with processes forked after it was made. Pages cost
/// nothing until they are touched. Unmapped by the destructor; gone with its last process.
class SharedMapping {
 public:
  /// Throws std::system_error where the address space or the memory limit does not allow it.
  explicit SharedMapping(std::size_t bytes);
  SharedMapping(const SharedMapping&) = delete;
  SharedMapping& operator=(const SharedMapping&) = delete;
  ~SharedMapping();

  std::byte* data() const { return data_; }
  std::size_t size() const { return bytes_; }
  /// The destructor leaves it mapped, to the end of the process.
  void keep() { kept_ = true; }

 private:
  std::size_t bytes_;
  std::byte* data_;
  bool kept_ = false;
};

}  // namespace parlab
