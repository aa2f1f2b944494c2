#include "kernels/network/crawler/parsing/charset.hpp"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>

#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

/// HTML, 13.2.3.2.
constexpr std::size_t sniffed_bytes = 1024;
struct Labels {
  std::string_view name;    // iconv's
  std::string_view labels;  // parted by blanks
};

/// WHATWG Encoding, 4.2, without what names no text (replacement, x-user-defined).
constexpr std::array charsets = {
    Labels{"UTF-8", "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8"},
    Labels{"CP866", "866 cp866 csibm866 ibm866"},
    Labels{"ISO-8859-2",
           "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 "
           "latin2"},
    Labels{"ISO-8859-3",
           "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 "
           "latin3"},
    Labels{"ISO-8859-4",
           "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 "
           "latin4"},
    Labels{"ISO-8859-5",
           "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 "
           "iso_8859-5:1988"},
    Labels{"ISO-8859-6",
           "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 "
           "iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"},
    Labels{"ISO-8859-7",
           "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 "
           "iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek"},
    Labels{"ISO-8859-8",
           "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 "
           "iso88598 iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical"},
    Labels{"ISO-8859-10", "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6"},
    Labels{"ISO-8859-13", "iso-8859-13 iso8859-13 iso885913"},
    Labels{"ISO-8859-14", "iso-8859-14 iso8859-14 iso885914"},
    Labels{"ISO-8859-15",
           "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 latin-9 latin9"},
    Labels{"ISO-8859-16", "iso-8859-16"},
    Labels{"KOI8-R", "cskoi8r koi koi8 koi8-r koi8_r"},
    Labels{"KOI8-U", "koi8-ru koi8-u"},
    Labels{"MACINTOSH", "csmacintosh mac macintosh x-mac-roman"},
    Labels{"CP874", "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874"},
    Labels{"CP1250", "cp1250 windows-1250 x-cp1250"},
    Labels{"CP1251", "cp1251 windows-1251 x-cp1251"},
    Labels{"CP1252",
           "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 "
           "iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252"},
    Labels{"CP1253", "cp1253 windows-1253 x-cp1253"},
    Labels{"CP1254",
           "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 "
           "iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254"},
    Labels{"CP1255", "cp1255 windows-1255 x-cp1255"},
    Labels{"CP1256", "cp1256 windows-1256 x-cp1256"},
    Labels{"CP1257", "cp1257 windows-1257 x-cp1257"},
    Labels{"CP1258", "cp1258 windows-1258 x-cp1258"},
    Labels{"MAC-CYRILLIC", "x-mac-cyrillic x-mac-ukrainian"},
    Labels{
        "GB18030",
        "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030"},
    Labels{"BIG5-HKSCS", "big5 big5-hkscs cn-big5 csbig5 x-x-big5"},
    Labels{"EUC-JP", "cseucpkdfmtjapanese euc-jp x-euc-jp"},
    Labels{"ISO-2022-JP", "csiso2022jp iso-2022-jp"},
    Labels{"CP932", "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis"},
    Labels{"CP949",
           "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 "
           "ksc_5601 windows-949"},
    Labels{"UTF-16BE", "unicodefffe utf-16be"},
    Labels{"UTF-16LE", "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le"},
};

/// One conversion of iconv; `what` it cannot convert is the caller's to write.
class Conversion {
 public:
  Conversion(std::string_view to, std::string_view from)
      : handle_(iconv_open(std::string(to).c_str(), std::string(from).c_str())) {}
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  ~Conversion() {
    if (is_open()) iconv_close(handle_);
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): how iconv says that it failed
  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  /// Calls otherwise(rest, out) where it cannot go on; that returns how many bytes to pass over.
  template <class Otherwise>
  std::string operator()(std::string_view text, const Otherwise& otherwise) {
    std::string out;
    std::array<char, 4096> some{};
    while (!text.empty()) {
      // iconv takes a pointer to char, and does not write to it.
      char* from = const_cast<char*>(text.data());
      std::size_t left = text.size();
      char* to = some.data();
      std::size_t room = some.size();
      const std::size_t state = iconv(handle_, &from, &left, &to, &room);
      const bool is_full = state == static_cast<std::size_t>(-1) && errno == E2BIG;
      out.append(some.data(), some.size() - room);
      text.remove_prefix(text.size() - left);
      if (text.empty() || is_full) continue;
      flush(out);  // a set with shifts is back in its first state
      text.remove_prefix(std::clamp<std::size_t>(otherwise(text, out), 1, text.size()));
    }
    flush(out);
    return out;
  }

 private:
  void flush(std::string& out) {
    std::array<char, 64> some{};
    char* to = some.data();
    std::size_t room = some.size();
    iconv(handle_, nullptr, nullptr, &to, &room);
    out.append(some.data(), some.size() - room);
  }

  iconv_t handle_;
};

/// One of these begins many pages that are not what they are said to be.
std::optional<std::string_view> by_byte_order_mark(std::string_view body) {
  if (body.starts_with("\xEF\xBB\xBF")) return "UTF-8";
  if (body.starts_with("\xFE\xFF")) return "UTF-16BE";
  if (body.starts_with("\xFF\xFE")) return "UTF-16LE";
  return std::nullopt;
}

/// An attribute and its value of a tag, taken off its beginning (HTML, "get an attribute").
std::optional<std::pair<std::string, std::string_view>> take_attribute(std::string_view& tag) {
  const std::size_t first = tag.find_first_not_of(" \t\n\f\r/");
  if (first == std::string_view::npos || tag[first] == '>') return std::nullopt;
  tag.remove_prefix(first);
  const std::size_t name_end = std::min(tag.find_first_of("= \t\n\f\r/>", 1), tag.size());
  const std::string name = lower(tag.substr(0, name_end));
  tag.remove_prefix(name_end);
  const std::size_t equals = std::min(tag.find_first_not_of(markup_blanks), tag.size());
  if (equals == tag.size() || tag[equals] != '=') return std::pair(name, std::string_view());
  tag.remove_prefix(equals + 1);
  tag.remove_prefix(std::min(tag.find_first_not_of(markup_blanks), tag.size()));
  const bool is_quoted = !tag.empty() && (tag[0] == '"' || tag[0] == '\'');
  const std::size_t begin = is_quoted ? 1 : 0;
  const std::size_t end =
      std::min(is_quoted ? tag.find(tag[0], 1) : tag.find_first_of(" \t\n\f\r>"), tag.size());
  const std::string_view value = tag.substr(begin, end - begin);
  tag.remove_prefix(std::min(end + begin, tag.size()));
  return std::pair(name, value);
}

/// What a <meta> tag says; `tag` begins behind its name, and ends where it does.
std::optional<Charset> by_meta_tag(std::string_view& tag) {
  bool is_pragma = false;
  std::optional<bool> needs_pragma;
  std::string_view label;
  while (const auto attribute = take_attribute(tag)) {
    const auto& [name, value] = *attribute;
    if (name == "http-equiv") is_pragma = is_pragma || lower(value) == "content-type";
    if (name == "content" && label.empty() && !charset_parameter(value).empty()) {
      label = charset_parameter(value);
      needs_pragma = true;
    }
    if (name == "charset") {
      label = value;
      needs_pragma = false;
    }
  }
  if (!needs_pragma || (*needs_pragma && !is_pragma)) return std::nullopt;
  const auto charset = Charset::labelled(label);
  // That the tag could be read says that it is not UTF-16.
  if (charset && charset->name().starts_with("UTF-16")) return Charset();
  return charset;
}

/// HTML, "prescan a byte stream to determine its encoding".
std::optional<Charset> by_meta(std::string_view text) {
  text = text.substr(0, sniffed_bytes);
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string_view::npos;) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("<!--")) {
      const std::size_t end = text.find("-->", at + 2);
      if (end == std::string_view::npos) return std::nullopt;
      at = end + 3;
    } else if (rest.size() > 5 && lower(rest.substr(0, 5)) == "<meta" &&
               (markup_blanks.find(rest[5]) != std::string_view::npos || rest[5] == '/')) {
      std::string_view tag = rest.substr(6);
      if (const auto charset = by_meta_tag(tag)) return charset;
      at = text.size() - tag.size();
    } else if (rest.size() > 1 && (std::isalpha(static_cast<unsigned char>(rest[1])) != 0 ||
                                   (rest[1] == '/' && rest.size() > 2 &&
                                    std::isalpha(static_cast<unsigned char>(rest[2])) != 0))) {
      // Over the whole tag: a value may hold what looks like a <meta>.
      std::string_view tag = rest.substr(std::min(rest.find_first_of(" \t\n\f\r>"), rest.size()));
      while (take_attribute(tag)) {
      }
      at = text.size() - tag.size();
    } else if (rest.size() > 1 && (rest[1] == '!' || rest[1] == '/' || rest[1] == '?')) {
      at = std::min(text.find('>', at), text.size());
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Charset> Charset::labelled(std::string_view label) {
  const std::size_t first = label.find_first_not_of(markup_blanks);
  if (first == std::string_view::npos) return std::nullopt;
  const std::string wanted =
      lower(label.substr(first, label.find_last_not_of(markup_blanks) - first + 1));
  if (wanted.find(' ') != std::string::npos) return std::nullopt;
  for (const auto& [name, labels] : charsets)
    for (std::string_view left = labels; !left.empty();) {
      const std::size_t end = std::min(left.find(' '), left.size());
      if (left.substr(0, end) == wanted) return Charset(name);
      left.remove_prefix(std::min(end + 1, left.size()));
    }
  if (wanted == "x-user-defined") return Charset("CP1252");
  return std::nullopt;
}

Charset Charset::of_page(std::string_view content_type, std::string_view body) {
  if (const auto name = by_byte_order_mark(body)) return Charset(*name);
  if (const auto charset = labelled(charset_parameter(content_type))) return *charset;
  if (const auto charset = by_meta(body)) return *charset;
  return is_valid_utf8(body) ? Charset() : Charset("CP1252");
}

std::string Charset::to_utf8(std::string_view bytes) const {
  if (by_byte_order_mark(bytes) == name_) bytes.remove_prefix(name_ == "UTF-8" ? 3 : 2);
  if (name_ == "UTF-8") return valid_utf8(bytes);
  Conversion conversion("UTF-8", name_);
  if (!conversion.is_open()) return valid_utf8(bytes);
  const std::size_t unit = name_.starts_with("UTF-16") ? 2 : 1;
  // The windows sets have control characters where iconv has nothing.
  const bool has_controls = name_.starts_with("CP125") || name_ == "CP874";
  return conversion(bytes, [&](std::string_view rest, std::string& out) {
    const auto byte = static_cast<unsigned char>(rest[0]);
    append_utf8(out, has_controls && byte < 0xA0 ? byte : replacement_character);
    return unit;
  });
}

std::string Charset::query_bytes(std::string_view query) const {
  if (name_.starts_with("UTF-")) return std::string(query);
  Conversion conversion(name_, "UTF-8");
  if (!conversion.is_open()) return std::string(query);
  return conversion(query, [](std::string_view rest, std::string& out) {
    const Utf8Character c = first_character(rest);
    out += fmt::format("%26%23{}%3B", static_cast<std::uint32_t>(c.code));
    return c.bytes;
  });
}

std::string_view charset_parameter(std::string_view content_type) {
  const std::string text = lower(content_type);
  for (std::size_t at = 0; (at = text.find("charset", at)) != std::string::npos;) {
    at += std::string_view("charset").size();
    std::size_t begin = std::min(text.find_first_not_of(markup_blanks, at), text.size());
    if (begin == text.size() || text[begin] != '=') continue;
    begin = std::min(text.find_first_not_of(markup_blanks, begin + 1), text.size());
    if (begin == text.size()) return {};
    const bool is_quoted = text[begin] == '"' || text[begin] == '\'';
    if (is_quoted) {
      const std::size_t end = text.find(text[begin], begin + 1);
      if (end == std::string::npos) return {};
      return content_type.substr(begin + 1, end - begin - 1);
    }
    const std::size_t end = std::min(text.find_first_of(" \t\n\f\r;", begin), text.size());
    return content_type.substr(begin, end - begin);
  }
  return {};
}

}  // namespace parlab
