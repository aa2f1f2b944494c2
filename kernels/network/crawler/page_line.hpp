#pragma once

// The JSON line of a page, of ASCII whatever it holds, so that nothing in it controls a terminal. Written piece by
// piece, because a crawl writes some thousands a second.

#include <cstdint>
#include <string>
#include <string_view>

#include "kernels/network/crawler/page_store.hpp"

namespace parlab {

/// The fields of a JSON object, in the order in which they are added.
class JsonFields {
 public:
  void add(std::string_view name, std::string_view text);
  void add(std::string_view name, std::uint64_t number);
  /// Finite.
  void add(std::string_view name, double number);
  /// null where the text is empty.
  void add_or_null(std::string_view name, std::string_view text);
  void add(std::string_view name, const JsonFields& object);
  /// What text() of others gave; empty adds nothing.
  void add_all(std::string_view object);

  bool empty() const { return fields_.empty(); }
  /// "{...}"
  std::string text() const { return "{" + fields_ + "}"; }

 private:
  void begin(std::string_view name);

  std::string fields_;
};

struct PageLine {
  std::string url;
  PageResult result = {};
  int depth = 0;
  std::string parent = {};      // its URL; empty for a start
  std::string final_page = {};  // where redirects from it end, if it redirects
};

/// {"url", "status", "error", "bytes", "seconds", "depth", "parent", "tries"[, "redirect"], result.more
/// [, "final"]}
std::string page_line(const PageLine& page);

}  // namespace parlab
