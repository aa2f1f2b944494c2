#pragma once

// Addresses of pages in one normal form, so that a page that is linked in many ways is fetched
// once. References are read as browsers read them (WHATWG URL, for http and https), which for what
// RFC 3986 allows is the same; on top comes its normal form (6.2.2): escapes of unreserved bytes
// undone, capital digits in others.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/network/crawler/parsing/charset.hpp"

namespace parlab {

/// Longer ones are no addresses of pages, but traps. Bytes.
inline constexpr std::size_t longest_address = 8192;

/// An absolute http or https URL without fragment and user, in normal form.
class Address {
 public:
  /// None where the text is not such a URL, or is too long.
  static std::optional<Address> parse(std::string_view text);

  /// What a link on the page with this address (or its <base>) means; none as with parse(). Its query
  /// is encoded in the page's character set.
  std::optional<Address> resolve(std::string_view reference, const Charset& charset = {}) const;

  const std::string& text() const { return text_; }  // "https://example.com/a?b"
  bool is_https() const { return is_https_; }
  const std::string& host() const { return host_; }  // lower case, without brackets
  std::uint16_t port() const { return port_; }
  bool has_default_port() const { return port_ == (is_https_ ? 443 : 80); }
  /// "example.com:8080", "[::1]:8080", without the default port: the Host field.
  const std::string& authority() const { return authority_; }
  /// "https://example.com:8443"
  std::string origin() const { return (is_https_ ? "https://" : "http://") + authority_; }
  /// "/a?b": what a request asks for.
  std::string_view target() const { return std::string_view(text_).substr(target_begin_); }

 private:
  static std::optional<Address> read(std::string_view text, const Address* base,
                                     const Charset& charset);

  std::string text_, host_, authority_;
  std::size_t target_begin_ = 0;
  std::uint16_t port_ = 0;
  bool is_https_ = false;
};

/// The scheme of a reference in lower case; empty where it has none.
std::string scheme_of(std::string_view reference);

}  // namespace parlab
