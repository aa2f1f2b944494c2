#pragma once

// Two hosts on this machine: network namespaces, joined by a pair of virtual Ethernet devices (veth).
// What passes between them goes through all of the kernel's network but a wire. They are held by
// descriptors alone, and gone with the last process that has those: nothing is left, whatever is
// killed. Needs root and iproute2.

#include <string>

#include "kernels/base/function_ref.hpp"
#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

class NetworkNamespaces {
 public:
  /// Where the far host is reached from the near one.
  static constexpr char far_address[] = "10.79.0.2";

  /// Why there are none here; "" where there are.
  static const std::string& why_not();

  /// Throws UsageError where there are none.
  NetworkNamespaces();

  /// Puts the calling thread, and what it starts from now on, on one of the hosts. Throws
  /// std::system_error.
  void enter_near() const;
  void enter_far() const;
  /// Calls `work` on the far host; the thread is then where it was.
  void on_far(FunctionRef<void()> work) const;

 private:
  FileDescriptor near_, far_;
};

}  // namespace parlab
