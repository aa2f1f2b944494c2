#pragma once

// robots.txt by RFC 9309: the group of our name, or of *, the longest rule that matches decides,
// allow before disallow where they are equally long.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// Of robots.txt, as much is read (RFC 9309, 2.5, asks for at least 500 KiB). Bytes.
inline constexpr std::size_t max_of_robots = std::size_t{512} << 10;

/// The product token of an agent's name, by which robots.txt knows it: "parlab" of "parlab/0.1 (x)".
std::string_view product_of(std::string_view agent);

class Robots {
 public:
  static Robots allow_all() { return {}; }
  static Robots allow_nothing();
  /// `agent`: our product token, "parlab". Never fails: what is no rule is passed over.
  static Robots parse(std::string_view text, std::string_view agent);

  /// `target`: path and query, percent-encoded.
  bool allows(std::string_view target) const;
  /// Not in the RFC, but asked for by many sites.
  std::optional<std::chrono::duration<double>> crawl_delay() const { return crawl_delay_; }
  const std::vector<std::string>& sitemaps() const { return sitemaps_; }

 private:
  struct Rule {
    std::string pattern;  // in which * is any text, and $ at the end the end
    bool allow;
  };
  std::vector<Rule> rules_;
  std::optional<std::chrono::duration<double>> crawl_delay_;
  std::vector<std::string> sitemaps_;
};

}  // namespace parlab
