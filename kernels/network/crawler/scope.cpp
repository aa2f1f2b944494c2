#include "kernels/network/crawler/scope.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/base/errors.hpp"
#include "kernels/network/crawler/parsing/idna.hpp"

namespace parlab {
namespace {

/// As an address has it, so that every way to write the host matches.
std::string normal_name(const std::string& host) {
  const bool is_address = !scheme_of(host).empty() && host.find("//") != std::string::npos;
  const auto address = Address::parse(is_address ? host : "http://" + host);
  if (!address || address->target() != "/")
    throw UsageError(
        fmt::format("--host '{}' is not a host; give it as example.com or example.com:8080", host));
  return address->has_default_port() ? address->host() : address->authority();
}

std::string normal_prefix(const Address& start, const std::string& prefix) {
  if (prefix.empty()) return {};
  const auto address = prefix.starts_with('/') ? start.resolve(prefix) : std::nullopt;
  if (!address || address->origin() != start.origin())
    throw UsageError(
        fmt::format("--prefix '{}' is not the beginning of a path; give it as /docs/", prefix));
  return std::string(address->target());
}

}  // namespace

Address start_address(const std::string& text) {
  if (auto start = Address::parse(text)) return *std::move(start);
  if (!has_idna() && std::ranges::any_of(text, [](unsigned char c) { return c > 127; }))
    throw UsageError(
        fmt::format("'{}': this build lacks libidn2-dev, which reads hosts beyond ASCII; write the "
                    "host as xn--..., or run make deps, then make build",
                    text));
  throw UsageError(
      fmt::format("'{}' is not the address of a page; give one as http://example.com/", text));
}

Scope::Scope(const Address& start, const std::vector<std::string>& hosts, const std::string& prefix)
    : start_(start), prefix_(normal_prefix(start, prefix)) {
  for (const std::string& host : hosts) hosts_.push_back(normal_name(host));
}

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
