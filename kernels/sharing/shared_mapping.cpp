#include "kernels/sharing/shared_mapping.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "kernels/sharing/limits.hpp"
#include "kernels/sharing/sharing_errors.hpp"

namespace parlab {

std::size_t bytes_of_elements(std::uint64_t count, std::size_t element_bytes, std::uint64_t more) {
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(count, element_bytes, &bytes) ||
      __builtin_add_overflow(bytes, more, &bytes) || bytes > PTRDIFF_MAX)
    throw OutOfRoom(fmt::format("no address space for {} elements of {} bytes and {} bytes more",
                                count, element_bytes, more));
  return bytes;
}

SharedMapping::SharedMapping(std::size_t bytes) : bytes_(std::max<std::size_t>(bytes, 1)) {
  void* data = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) throw refusal(fmt::format("map {} bytes of shared memory", bytes), errno);
  data_ = static_cast<std::byte*>(data);
}

SharedMapping::~SharedMapping() {
  if (!kept_) munmap(data_, bytes_);
}

}  // namespace parlab
