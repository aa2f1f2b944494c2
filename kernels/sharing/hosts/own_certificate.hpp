#pragma once

// A certificate for a server that one starts for oneself: its key is made here, used for some days,
// and goes with its folder. Who is to trust it is given the certificate's file as the authority.

#include <string>

namespace parlab {

struct OwnCertificate {
  std::string certificate;  // file, PEM; may be shown to anybody
  std::string key;          // file, PEM; for its user alone
};

/// Writes both into `folder`, for a server that is reached by `host`, a name or an address. Throws
/// UsageError where this build has no OpenSSL, std::runtime_error where they cannot be made.
OwnCertificate make_own_certificate(const std::string& folder, const std::string& host);

}  // namespace parlab
