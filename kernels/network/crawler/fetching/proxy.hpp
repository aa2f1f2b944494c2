#pragma once

// Proxies as the environment names them, by the rules that curl and wget share: http_proxy for http, https_proxy for
// https, all_proxy for both where these are not set, and no_proxy for hosts that are asked directly.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {

/// Speaks plain HTTP: it is asked for http addresses as they are, and by CONNECT for a tunnel to https ones.
struct Proxy {
  Address address;
  std::string authorization = {};  // the field's value; empty for none
};

class Proxies {
 public:
  /// A variable's value, or nullptr: std::getenv.
  using Variable = std::function<const char*(const char* name)>;

  Proxies() = default;  // none
  /// Names may be written in capitals, but for HTTP_PROXY: web servers set that to what a client sends. Throws
  /// UsageError, without the value, which may hold a password.
  static Proxies from_environment(const Variable& variable);

  /// nullptr where the host is asked directly.
  const Proxy* proxy_for(const Address& address) const;

 private:
  bool is_excepted(const Address& address) const;

  std::optional<Proxy> http_, https_;
  std::vector<std::string> exceptions_;  // in lower case
};

}  // namespace parlab
