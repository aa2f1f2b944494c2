#include "kernels/network/crawler/parsing/robots.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/wildcard.hpp"
#include "kernels/network/crawler/parsing/escapes.hpp"

namespace parlab {
namespace {

constexpr std::size_t most_sitemaps = 100;
constexpr double longest_crawl_delay = 60;  // seconds

/// What neither addresses nor rules need to escape, and some do.
constexpr std::string_view escaped_to_compare = "\"<>[]\\^`{|}";

/// A target in which * and $ are escaped, as they are in a rule where they mean themselves: bare,
/// they are marks there (RFC 9309, 2.2.3). A $ within a rule means itself, too.
std::string as_compared(std::string_view target) {
  std::string compared;
  for (const char c : with_normal_escapes(target, escaped_to_compare)) {
    if (c == '*')
      compared += "%2A";
    else if (c == '$')
      compared += "%24";
    else
      compared += c;
  }
  return compared;
}

/// A rule in the same form: only a $ that does not end it is no mark.
std::string as_rule(std::string_view value) {
  std::string rule = with_normal_escapes(value, escaped_to_compare);
  for (std::size_t at = rule.find('$'); at != std::string::npos && at + 1 < rule.size();
       at = rule.find('$', at))
    rule.replace(at, 1, "%24");
  return rule;
}

}  // namespace

std::string_view product_of(std::string_view agent) {
  return agent.substr(0, agent.find_first_of("/ ("));
}

Robots Robots::allow_nothing() {
  Robots robots;
  robots.rules_.push_back({"/", false});
  return robots;
}

Robots Robots::parse(std::string_view text, std::string_view agent) {
  Robots ours, everyones;
  bool found_ours = false;
  bool for_us = false, for_all = false;
  bool in_names = false;  // within the user-agent lines that begin a group
  text = text.substr(0, max_of_robots);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::string our_name = lower(agent);
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = line.substr(0, line.find('#'));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string key = lower(trimmed(line.substr(0, colon)));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (key == "user-agent") {
      if (!in_names) for_us = for_all = false;
      in_names = true;
      // A product token ends where its letters do: "parlab/1.0" is parlab.
      const std::string name = lower(value.substr(0, value.find_first_of("/ ")));
      if (name == "*") for_all = true;
      if (name == our_name) for_us = found_ours = true;
    } else if (key == "sitemap") {
      if (ours.sitemaps_.size() < most_sitemaps) ours.sitemaps_.emplace_back(value);
    } else if (key == "allow" || key == "disallow" || key == "crawl-delay") {
      // Only rules end the names: other lines do not part a group (RFC 9309, 2.2.1).
      if (key != "crawl-delay") in_names = false;
      for (auto [applies, robots] : {std::pair{for_us, &ours}, std::pair{for_all, &everyones}}) {
        if (!applies) continue;
        if (key == "crawl-delay") {
          const double seconds = std::strtod(std::string(value).c_str(), nullptr);
          if (std::isfinite(seconds) && seconds > 0)
            robots->crawl_delay_ =
                std::chrono::duration<double>(std::min(seconds, longest_crawl_delay));
        } else if (!value.empty()) {
          robots->rules_.push_back({as_rule(value), key == "allow"});
        }
      }
    }
  }
  if (!found_ours) {
    ours.rules_ = std::move(everyones.rules_);
    ours.crawl_delay_ = everyones.crawl_delay_;
  }
  return ours;
}

bool Robots::allows(std::string_view target) const {
  if (target == "/robots.txt") return true;
  const std::string path = as_compared(target);
  std::size_t longest = 0;
  bool allowed = true;
  for (const Rule& rule : rules_) {
    if (rule.pattern.size() < longest || !matches_beginning(rule.pattern, path)) continue;
    allowed = rule.allow || (rule.pattern.size() == longest && allowed && longest > 0);
    longest = rule.pattern.size();
  }
  return allowed;
}

}  // namespace parlab
