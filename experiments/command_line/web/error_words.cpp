#ifdef PARLAB_HAS_CRAWLER

#include "experiments/command_line/web/error_words.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "kernels/base/text/utf8.hpp"

namespace parlab {
std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    append_utf8(out, is_control(character.code) ? replacement_character : character.code);
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::string error_in_words(std::string_view error, int status) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 24> words = {{
      {"no_anchor", "the page has no such anchor"},
      {"resolve_failed", "the host does not exist"},
      {"resolve_timeout", "the host's name could not be resolved in time"},
      {"proxy_unreachable", "the proxy cannot be reached"},
      {"proxy_http_407", "the proxy needs a login; give it as http://USER:PASSWORD@HOST:PORT"},
      {"connect_refused", "the host refuses connections"},
      {"connect_timeout", "no connection in time"},
      {"connection_reset", "the host ended the connection"},
      {"tls_expired", "its certificate has expired"},
      {"tls_self_signed", "its certificate is not signed by anyone who is trusted"},
      {"tls_untrusted", "its certificate is not signed by anyone who is trusted"},
      {"tls_wrong_host", "its certificate is another host's"},
      {"first_byte_timeout", "no answer in time"},
      {"idle_timeout", "the answer stopped"},
      {"total_timeout", "the answer took too long"},
      {"redirect_loop", "redirects lead in a circle"},
      {"redirect_limit", "too many redirects"},
      {"redirect_scheme", "redirects to another scheme"},
      {"redirect_malformed", "redirects to a malformed address"},
      {"bad_address", "not an address"},
      {"robots_disallow", "robots.txt forbids it"},
      {"robots_unreachable", "robots.txt cannot be read"},
      {"private_address", "a private address"},
      {"has_user", "it names a user"},
  }};
  if (error.starts_with("http_")) {
    const std::string_view meaning = status == 404   ? "not found "
                                     : status == 410 ? "gone "
                                     : status == 403 ? "forbidden "
                                     : status == 401 ? "needs a login "
                                     : status >= 500 ? "server error "
                                                     : "";
    return fmt::format("{}(HTTP {})", meaning, status);
  }
  for (const auto& [name, meaning] : words)
    if (error == name) return std::string(meaning);
  return printable(error);
}

}  // namespace parlab

#endif
