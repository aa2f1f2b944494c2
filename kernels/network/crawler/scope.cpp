#include "kernels/network/crawler/scope.hpp"

#include <algorithm>

namespace parlab {

bool Scope::contains(const Address& address) const {
  const bool is_default = address.has_default_port();
  const bool on_start =
      address.host() == start_.host() &&
      (address.port() == start_.port() || (is_default && start_.has_default_port()));
  const std::string& name = is_default ? address.host() : address.authority();
  if (!on_start && std::ranges::find(hosts_, name) == hosts_.end()) return false;
  return address.target().starts_with(prefix_);
}

}  // namespace parlab
