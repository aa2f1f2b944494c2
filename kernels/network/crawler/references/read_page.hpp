#pragma once

// A page or a style sheet, read once for all who ask what it refers to: what is crawled, checked or rewritten.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kernels/network/crawler/parsing/address.hpp"
#include "kernels/network/crawler/parsing/charset.hpp"
#include "kernels/network/crawler/references/html_references.hpp"

namespace parlab {

class ReadPage {
 public:
  enum class Kind { html, css, other };

  /// By a Content-Type.
  static Kind kind_of(std::string_view content_type);
  /// The Content-Type; without one, text/html where the body begins like a page.
  static std::string type_of(std::string_view content_type, std::string_view body);

  /// Reads `body` as it came from `address`. `product`: our token in robots directives, in lower case.
  ReadPage(Address address, std::string_view content_type, std::string_view body,
           std::string_view product = {});
  ReadPage(const ReadPage&) = delete;  // keys are views into found_
  ReadPage& operator=(const ReadPage&) = delete;

  Kind kind() const { return kind_; }
  const Address& address() const { return address_; }
  /// In UTF-8, without a byte order mark; empty for other kinds.
  const std::string& text() const { return text_; }
  const PageReferences& found() const { return found_; }
  /// Where one of found().references leads; none where it names no page of http.
  const std::optional<Address>& target(const Reference& reference);

 private:
  Address address_, base_;
  Kind kind_;
  Charset charset_;  // of queries
  std::string text_;
  PageReferences found_;
  /// By the reference without its fragment: pages name the same address many times.
  std::unordered_map<std::string_view, std::optional<Address>> targets_;
};

}  // namespace parlab
