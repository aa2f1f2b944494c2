#pragma once

// What memory delivers: loops that move as many bytes as they can and compute next to nothing. The
// time of such a loop bounds every other that moves the same bytes.
//
//   copy   c = a            16 bytes an element
//   scale  b = 3 c          16
//   add    c = a + b        24
//   triad  a = b + 3 c      24
//
// A plain store of a line that is not in the cache reads the line first, bytes that are not counted
// here; a store past the cache does not. So the fastest of the two is what memory allows.
//
// Source: McCalpin, "Memory Bandwidth and Machine Balance in Current High Performance Computers",
// IEEE TCCA Newsletter, December 1995.

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/index_range.hpp"

namespace parlab {

inline constexpr double stream_factor = 3;

/// Three arrays of one length that do not overlap. Owns nothing; what an operation does not use may
/// be null.
struct StreamArrays {
  double* a = nullptr;
  double* b = nullptr;
  double* c = nullptr;
};

enum class Stores {
  plain,
  bypass,  // past the cache
};

/// Writes these elements of the array that the operation computes. Stores that bypass the cache are
/// seen by other threads once the call has returned.
using StreamKernel = void (*)(const StreamArrays& arrays, IndexRange elements, Stores stores);

struct StreamOperation {
  std::string name;
  std::string what;   // one line
  std::string reads;  // arrays: "bc"
  char writes;        // the array that it computes
  double flops;       // an element
  StreamKernel run;

  double bytes_per_element() const {
    return static_cast<double>((reads.size() + 1) * sizeof(double));
  }
};

/// copy, scale, add and triad.
const std::vector<StreamOperation>& stream_operations();

/// Throws UsageError, with the nearest valid name, where there is none of that name.
const StreamOperation& stream_operation(const std::string& name);

}  // namespace parlab
