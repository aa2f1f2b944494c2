#ifdef PARLAB_HAS_CRAWLER

#include "experiments/command_line/web/credentials.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string_view>

#include "kernels/base/errors.hpp"
#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/base64.hpp"
#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {
namespace {

std::string_view first_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

}  // namespace

std::vector<Credential> read_credentials(const std::string& path) {
  struct stat about {};
  std::ifstream file(path);
  if (stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode) || !file)
    throw UsageError(fmt::format("--credentials {}: cannot be read; name a file", path));
  if ((about.st_mode & 077) != 0 || about.st_uid != geteuid())
    throw UsageError(
        fmt::format("--credentials {}: others may read or write it; chmod 600 {}", path, path));
  std::vector<Credential> credentials;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::string_view rest = trimmed(line);
    if (rest.empty() || rest.starts_with('#')) continue;
    const auto address = Address::parse(first_word(rest));
    const std::string kind = lower(first_word(rest));
    const bool is_basic = kind == "basic" && rest.find(':') != std::string_view::npos;
    const bool is_bearer = kind == "bearer" && rest.find_first_of(" \t") == std::string_view::npos;
    const bool is_plain =
        std::ranges::all_of(rest, [](unsigned char c) { return c > 31 && c != 127; });
    if (!address || address->target() != "/" || rest.empty() || !is_plain ||
        !(is_basic || is_bearer))
      throw UsageError(
          fmt::format("--credentials {}: line {} is not 'https://example.com basic USER:PASSWORD' "
                      "or 'https://example.com bearer TOKEN'",
                      path, number));
    credentials.push_back(
        {address->origin(), is_basic ? "Basic " + base64(rest) : "Bearer " + std::string(rest)});
  }
  return credentials;
}

std::string checked_header(const std::string& header) {
  constexpr std::array set_by_the_crawl = {"host",
                                           "connection",
                                           "content-length",
                                           "transfer-encoding",
                                           "accept-encoding",
                                           "user-agent",
                                           "authorization",
                                           "te",
                                           "upgrade",
                                           "expect",
                                           "range",
                                           "if-modified-since",
                                           "if-none-match"};
  const std::size_t colon = header.find(':');
  const std::string name = lower(header.substr(0, colon));
  const bool is_name =
      colon != std::string::npos && !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) !=
                   std::string_view::npos;
      });
  const bool is_plain = std::ranges::all_of(
      header, [](unsigned char c) { return (c > 31 && c != 127) || c == '\t'; });
  if (!is_name || !is_plain)
    throw UsageError("--header: not a line of a request; give it as 'Accept-Language: de'");
  if (std::ranges::find(set_by_the_crawl, name) != set_by_the_crawl.end())
    throw UsageError(fmt::format("--header: {} is set by the crawl{}", name,
                                 name == "authorization" ? "; use --credentials"
                                 : name == "user-agent"  ? "; use --agent"
                                                         : ", leave it out"));
  return header;
}

}  // namespace parlab

#endif
