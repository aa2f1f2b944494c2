#pragma once

// Every kernel of this build by name and variant, for `parlab list`. The functions themselves are
// called by type, not through here: an experiment includes the kernel's header.

#include <string>
#include <vector>

namespace parlab {

struct KernelEntry {
  std::string name;        // "monte_carlo"
  std::string variant;     // "simd"
  std::string what;        // one line
  bool splittable = true;  // false: its answer depends on how the range is split over chunks
};

class RegisterKernel {
 public:
  explicit RegisterKernel(KernelEntry entry);
};

/// All kernels of this build, by name and variant.
std::vector<KernelEntry> kernels();

}  // namespace parlab
