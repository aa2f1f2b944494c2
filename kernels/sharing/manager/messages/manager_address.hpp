#pragma once

// Where a manager listens: "unix:/path/of/socket", "unix:@name" (Linux's abstract names, which
// leave no file behind) or "tcp:host:port".

#include <string>
#include <string_view>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

class ManagerAddress {
 public:
  /// Throws UsageError for a text that names no place.
  static ManagerAddress parse(std::string_view text);
  /// An abstract Unix address that nobody else has.
  static ManagerAddress private_one();

  bool tcp() const { return tcp_; }
  std::string text() const;

  /// A listening socket that does not block. Afterwards the address names the port that was chosen
  /// for "tcp:host:0". Throws UsageError where the address is taken, or not to be had.
  FileDescriptor listen();
  /// A connected socket that blocks. Throws std::system_error where nobody listens.
  FileDescriptor connect() const;
  /// Removes the file of a Unix address; nothing for others.
  void unlink() const;

 private:
  bool tcp_ = false;
  std::string place_;  // path, @name or host
  std::string port_;
};

}  // namespace parlab
