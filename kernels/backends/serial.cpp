// serial: one worker, the caller itself, chunk after chunk. What every other backend is held to.

#include "kernels/backends/backend_registry.hpp"

namespace parlab {
namespace {

class Serial final : public Backend {
 public:
  int workers() const override { return 1; }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) body(chunk, slots + chunk * slot_size);
  }
};

const RegisterBackend registered{{
    .name = "serial",
    .what = "one worker, no threads: what the others are compared with",
    .schedules = {},
    .parallel = false,
    .make = [](const BackendSpec&) { return std::make_unique<Serial>(); },
}};

}  // namespace
}  // namespace parlab
