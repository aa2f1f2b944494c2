#pragma once

// Where a manager listens: "unix:/path/of/socket", "unix:@name" (Linux's abstract names, which
// leave no file behind), "tls:host:port", or "tcp:host:port", which is in clear, and therefore only
// for addresses of this machine alone (127.0.0.1, ::1).

#include <string>
#include <string_view>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/sharing/hosts/tcp_places.hpp"

namespace parlab {

class ManagerAddress {
 public:
  /// Throws UsageError for a text that names no place.
  static ManagerAddress parse(std::string_view text);
  /// An abstract Unix address that nobody else has.
  static ManagerAddress private_one();

  /// Over TCP, in clear or under TLS.
  bool tcp() const { return kind_ != Kind::local; }
  bool tls() const { return kind_ == Kind::tls; }
  std::string text() const;

  /// A listening socket that does not block. Afterwards the address names the port that was chosen
  /// for port 0. Throws UsageError where the address is taken, or not to be had, or would be in
  /// clear beyond this machine.
  FileDescriptor listen();
  /// A connected socket that blocks. Throws std::system_error where nobody listens, or answers in
  /// time; UsageError where the connection would be in clear beyond this machine.
  FileDescriptor connect(Deadline deadline = {}) const;
  /// Removes the file of a Unix address; nothing for others.
  void unlink() const;

 private:
  void refuse_in_clear(const TcpPlaces& places) const;

  enum class Kind { local, tcp, tls };
  Kind kind_ = Kind::local;
  std::string place_;  // path, @name or host
  std::string port_;
};

}  // namespace parlab
