#pragma once

// What a style sheet refers to (CSS Syntax 3): url(...) and the strings of @import.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

struct CssReference {
  std::string url = {};            // with its escapes undone, as "a b.png" of url(a\ b.png)
  std::size_t begin = 0, end = 0;  // what stands for it in the text, without quotes
  bool is_import = false;
};

/// In the order of the text. Comments and strings that are no address are passed over.
std::vector<CssReference> references_of_css(std::string_view css);

}  // namespace parlab
