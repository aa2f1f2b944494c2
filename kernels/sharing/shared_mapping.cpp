#include "kernels/sharing/shared_mapping.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace parlab {

SharedMapping::SharedMapping(std::size_t bytes) : bytes_(std::max<std::size_t>(bytes, 1)) {
  void* data = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(),
                            fmt::format("cannot map {} bytes of shared memory", bytes));
  data_ = static_cast<std::byte*>(data);
}

SharedMapping::~SharedMapping() {
  if (!kept_) munmap(data_, bytes_);
}

}  // namespace parlab
