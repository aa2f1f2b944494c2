#include "kernels/network/crawler/fetching/proxy.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

#include "kernels/base/errors.hpp"
#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/base64.hpp"
#include "kernels/network/crawler/parsing/escapes.hpp"

namespace parlab {
namespace {

/// The bytes of an IPv4 or IPv6 address; empty where it is none.
std::string address_bytes(const std::string& text) {
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

/// Whether `network`, as in 10.0.0.0/8, holds the host.
bool is_within(const std::string& host, std::string_view network) {
  const std::size_t slash = network.find('/');
  const std::string bytes = address_bytes(host);
  const std::string net = address_bytes(std::string(network.substr(0, slash)));
  const std::string_view digits = network.substr(slash + 1);
  std::size_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (bytes.empty() || bytes.size() != net.size() || error != std::errc() ||
      end != digits.data() + digits.size() || bits > 8 * bytes.size())
    return false;
  const std::size_t whole = bits / 8;
  const unsigned rest = static_cast<unsigned char>(0xFF00U >> bits % 8);
  return bytes.compare(0, whole, net, 0, whole) == 0 &&
         (bits % 8 == 0 ||
          ((static_cast<unsigned char>(bytes[whole]) ^ static_cast<unsigned char>(net[whole])) &
           rest) == 0);
}

/// "example.com" and ".example.com" stand for the host and all below it; a port may follow.
bool matches(const Address& address, std::string_view pattern) {
  if (pattern == "*") return true;
  if (pattern.find('/') != std::string_view::npos) return is_within(address.host(), pattern);
  if (pattern.starts_with('[')) {
    const std::size_t end = pattern.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view port = pattern.substr(end + 1);
    return address.host() == pattern.substr(1, end - 1) &&
           (port.empty() || port == fmt::format(":{}", address.port()));
  }
  const std::size_t colon = pattern.find(':');
  if (colon != std::string_view::npos && colon == pattern.rfind(':')) {
    if (pattern.substr(colon + 1) != fmt::to_string(address.port())) return false;
    pattern = pattern.substr(0, colon);
  }
  if (pattern.starts_with('*')) pattern.remove_prefix(1);
  if (pattern.starts_with('.')) pattern.remove_prefix(1);
  const std::string_view host = address.host();
  if (pattern.empty() || !host.ends_with(pattern)) return false;
  return host.size() == pattern.size() || host[host.size() - pattern.size() - 1] == '.';
}

/// "http://USER:PASSWORD@HOST:PORT/", of which HOST is enough.
Proxy parsed(const std::string& name, std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    throw UsageError(
        fmt::format("{} in the environment: {}; give http://HOST:PORT, or unset it", name, why));
  };
  text = trimmed(text);
  const std::size_t slashes = text.find("://");
  if (slashes != std::string_view::npos) {
    const std::string scheme = lower(text.substr(0, slashes));
    if (scheme != "http") refuse(fmt::format("proxies by '{}' are not supported", scheme));
    text.remove_prefix(slashes + 3);
  }
  std::string authorization;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    authorization = "Basic " + base64(without_escapes(text.substr(0, at)));
    text.remove_prefix(at + 1);
  }
  const auto address = Address::parse(fmt::format("http://{}", text));
  if (!address || address->target() != "/") refuse("it is not the address of a proxy");
  return {*address, authorization};
}

}  // namespace

Proxies Proxies::from_environment(const Variable& variable) {
  const auto value = [&](const std::string& name) {
    const char* const text = variable(name.c_str());
    return std::string(text ? text : "");
  };
  const auto found = [&](std::initializer_list<const char*> names) {
    std::optional<Proxy> proxy;
    for (const char* one : names) {
      const std::string text = value(one);
      if (text.empty()) continue;
      proxy = parsed(one, text);
      break;
    }
    return proxy;
  };
  Proxies proxies;
  proxies.http_ = found({"http_proxy", "all_proxy", "ALL_PROXY"});
  proxies.https_ = found({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  std::string exceptions = value("no_proxy");
  if (exceptions.empty()) exceptions = value("NO_PROXY");
  for (std::size_t begin = 0; begin < exceptions.size();) {
    const std::size_t end = std::min(exceptions.find_first_of(", \t", begin), exceptions.size());
    if (end > begin) proxies.exceptions_.push_back(lower(exceptions.substr(begin, end - begin)));
    begin = end + 1;
  }
  return proxies;
}

const Proxy* Proxies::proxy_for(const Address& address) const {
  const std::optional<Proxy>& proxy = address.is_https() ? https_ : http_;
  return proxy && !is_excepted(address) ? &*proxy : nullptr;
}

bool Proxies::is_excepted(const Address& address) const {
  return std::ranges::any_of(exceptions_,
                             [&](const std::string& one) { return matches(address, one); });
}

}  // namespace parlab
