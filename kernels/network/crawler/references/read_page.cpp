#include "kernels/network/crawler/references/read_page.hpp"

#include <utility>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/references/html_tokens.hpp"

namespace parlab {

ReadPage::Kind ReadPage::kind_of(std::string_view content_type) {
  const std::string type = lower(content_type);
  if (type.find("html") != std::string::npos) return Kind::html;
  return type.find("text/css") != std::string::npos ? Kind::css : Kind::other;
}

std::string ReadPage::type_of(std::string_view content_type, std::string_view body) {
  if (!content_type.empty()) return std::string(content_type);
  const std::size_t first = body.find_first_not_of(markup_blanks);
  return first != std::string_view::npos && body[first] == '<' ? "text/html" : "";
}

ReadPage::ReadPage(Address address, std::string_view content_type, std::string_view body,
                   std::string_view product)
    : address_(std::move(address)), base_(address_), kind_(kind_of(content_type)) {
  if (kind_ == Kind::other) return;
  const Charset charset = Charset::of_page(content_type, body);
  text_ = charset.to_utf8(body);
  if (kind_ == Kind::css) {
    found_ = references_of_style_sheet(text_);
    return;
  }
  const bool is_xml = lower(content_type).find("xhtml") != std::string::npos;
  found_ = references_of_html(text_, is_xml, product);
  charset_ = charset;
  if (auto base = address_.resolve(found_.base, charset_)) base_ = *std::move(base);
}

const std::optional<Address>& ReadPage::target(const Reference& reference) {
  std::string_view url = reference.url;
  const std::size_t mark = url.find('#');
  // A blank before the mark belongs to the address; at the end of a reference it does not.
  if (mark != std::string_view::npos && mark > 0 && url[mark - 1] > ' ') url = url.substr(0, mark);
  const auto [place, is_new] = targets_.try_emplace(url);
  if (is_new) place->second = base_.resolve(place->first, charset_);
  return place->second;
}

}  // namespace parlab
