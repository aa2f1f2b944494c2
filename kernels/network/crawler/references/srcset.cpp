#include "kernels/network/crawler/references/srcset.hpp"

#include <algorithm>

#include "kernels/base/text/ascii.hpp"

namespace parlab {

std::vector<SrcsetCandidate> candidates_of_srcset(std::string_view srcset) {
  std::vector<SrcsetCandidate> found;
  for (std::size_t at = 0;;) {
    at = srcset.find_first_not_of(" \t\n\f\r,", at);
    if (at == std::string_view::npos) return found;
    const std::size_t end = std::min(srcset.find_first_of(markup_blanks, at), srcset.size());
    std::string_view url = srcset.substr(at, end - at);
    const bool is_bare = url.ends_with(',');  // no descriptor follows
    while (url.ends_with(',')) url.remove_suffix(1);
    if (!url.empty()) found.push_back({url, at});
    at = end;
    int depth = 0;  // of brackets, in which a comma ends nothing
    for (; !is_bare && at < srcset.size() && (srcset[at] != ',' || depth > 0); ++at)
      depth += srcset[at] == '(' ? 1 : srcset[at] == ')' && depth > 0 ? -1 : 0;
  }
}

}  // namespace parlab
