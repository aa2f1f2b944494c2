#include "kernels/sharing/flags.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "kernels/sharing/limits.hpp"

namespace parlab {
namespace {

constexpr std::size_t flag_bytes = sizeof(std::atomic<bool>);

}  // namespace

MmapFlag::MmapFlag() : file_(memfd_create("parlab-flag", MFD_CLOEXEC)), value_(nullptr) {
  void* memory = MAP_FAILED;
  if (file_ >= 0 && ftruncate(file_, flag_bytes) == 0)
    memory = mmap(nullptr, flag_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (memory == MAP_FAILED) {
    const int error = errno;
    if (file_ >= 0) close(file_);
    throw refusal("map a flag's file", error);
  }
  value_ = std::construct_at(static_cast<std::atomic<bool>*>(memory), false);
}

MmapFlag::~MmapFlag() {
  munmap(value_, flag_bytes);
  close(file_);
}

}  // namespace parlab
