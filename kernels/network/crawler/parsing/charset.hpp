#pragma once

// Character sets of pages: which one a page is in (HTML, 13.2.3), text out of its bytes, and the bytes
// of a query, which forms and links send in it. By iconv, under the names that the web uses.

#include <optional>
#include <string>
#include <string_view>

namespace parlab {

class Charset {
 public:
  Charset() = default;  // UTF-8
  /// By one of the labels of WHATWG Encoding, 4.2, in any case; none where it is not among them.
  static std::optional<Charset> labelled(std::string_view label);
  /// Of a page: by its byte order mark, else the Content-Type field, else a <meta> in its first 1024
  /// bytes, else UTF-8 if it is that, else windows-1252.
  static Charset of_page(std::string_view content_type, std::string_view body);

  /// As iconv knows it: "UTF-8".
  std::string_view name() const { return name_; }
  /// In UTF-8, without a byte order mark; U+FFFD stands for what is no character.
  std::string to_utf8(std::string_view bytes) const;
  /// The bytes of a query in UTF-8. What the set lacks becomes "%26%2337%3B", as browsers do it;
  /// UTF-16 is not used in queries.
  std::string query_bytes(std::string_view query) const;

 private:
  explicit Charset(std::string_view name) : name_(name) {}
  std::string_view name_ = "UTF-8";  // of the table
};

/// The value of charset= in a Content-Type, or in the content of a <meta>; empty where there is none.
std::string_view charset_parameter(std::string_view content_type);

}  // namespace parlab
