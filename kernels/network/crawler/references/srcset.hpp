#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace parlab {

/// A picture of a srcset.
struct SrcsetCandidate {
  std::string_view url;
  std::size_t begin;  // in the attribute
};

/// The addresses of a srcset or imagesrcset (HTML, 4.8.4.2.1): "a.png 1x, b.png 2x".
std::vector<SrcsetCandidate> candidates_of_srcset(std::string_view srcset);

}  // namespace parlab
