#include "kernels/network/servers/request_rules.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "kernels/base/text/ascii.hpp"

namespace parlab {
namespace {

/// The weight of one element of a list, "gzip;q=0.5"; 1 where it has none.
double weight_of(std::string_view element) {
  const std::string parameters = lower(element.substr(std::min(element.find(';'), element.size())));
  const std::size_t q = parameters.find("q=");
  return q == std::string::npos ? 1 : std::strtod(parameters.c_str() + q + 2, nullptr);
}

}  // namespace

int refusal(const MessageReader& request) {
  int hosts = 0;
  request.each_field("host", [&](std::string_view) { ++hosts; });
  if (hosts > 1 || (hosts == 0 && request.version() >= 11)) return 400;
  const std::string expected = lower(trimmed(request.field("expect")));
  return expected.empty() || expected == "100-continue" ? 0 : 417;
}

bool waits_for_continue(const MessageReader& request) {
  return request.header_complete() && request.wants_more() && request.version() >= 11 &&
         lower(trimmed(request.field("expect"))) == "100-continue";
}

std::string_view path_and_query(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<double> gzip, any;
  while (!accept_encoding.empty()) {
    const std::size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view element = accept_encoding.substr(0, end);
    const std::string name = lower(trimmed(element.substr(0, element.find(';'))));
    if (name == "gzip" || name == "x-gzip") gzip = weight_of(element);
    if (name == "*") any = weight_of(element);
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
  }
  return gzip.value_or(any.value_or(0)) > 0;
}

}  // namespace parlab
