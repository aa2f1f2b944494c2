#pragma once

// Character references of HTML (13.2.5.72): &amp; &#x41; &eacute; as they stand in attributes and text.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// Text without its references, and where each of its bytes stood before.
struct DecodedText {
  std::string text = {};
  /// Of each byte of `text`, and of its end: the place in what was decoded. Empty where they are the same.
  std::vector<std::size_t> places = {};
};

/// By all names of the standard (named_references.txt). An & that begins no reference stays. In an attribute,
/// a name without ; stays before = and before letters and digits, as in "?a=1&copy=2".
DecodedText decode_references(std::string_view raw, bool is_attribute);
/// The text alone.
std::string without_references(std::string_view raw, bool is_attribute);

}  // namespace parlab
