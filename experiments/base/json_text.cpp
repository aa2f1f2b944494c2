#include "experiments/base/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// Escapes all that is below, and notes where.
void escape(json& value, const std::string& path, json& escaped) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    if (is_valid_utf8(text)) return;
    text = as_utf8(text);
    escaped.push_back(path);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      escape(value[i], fmt::format("{}[{}]", path, i), escaped);
  } else if (value.is_object()) {
    const auto below = [&](const std::string& key) {
      return path.empty() ? key : path + "." + key;
    };
    std::vector<std::string> odd_keys;
    for (const auto& [key, item] : value.items())
      if (!is_valid_utf8(key)) odd_keys.push_back(key);
    for (const std::string& key : odd_keys) {
      const std::string name = as_utf8(key);
      escaped.push_back(below(name));
      json item = std::move(value[key]);
      value.erase(key);
      value[name] = std::move(item);
    }
    for (auto& [key, item] : value.items()) escape(item, below(key), escaped);
  }
}

/// Whether a value is an array that reads well on one line.
bool is_plain_array(const json& value) {
  return value.is_array() &&
         std::ranges::none_of(value, [](const json& v) { return v.is_structured(); });
}

void write(std::string& text, const json& value, std::size_t depth) {
  if (!value.is_structured() || value.empty() || is_plain_array(value)) {
    text += value.dump();
    return;
  }
  const std::string indent(2 * (depth + 1), ' ');
  text += value.is_object() ? "{" : "[";
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    text += first ? "\n" : ",\n";
    first = false;
    text += indent;
    if (value.is_object()) text += json(key).dump() + ": ";
    write(text, item, depth + 1);
  }
  text += "\n" + std::string(2 * depth, ' ') + (value.is_object() ? "}" : "]");
}

bool is_not_finite(const json& value) {
  return value.is_number_float() && !std::isfinite(value.get<double>());
}

const char* name_of(double not_finite) {
  return std::isnan(not_finite) ? "NaN" : not_finite > 0 ? "Infinity" : "-Infinity";
}

void name_what_is_not_finite(json& value) {
  if (is_not_finite(value)) value = name_of(value);
  if (value.is_structured())
    for (json& item : value) name_what_is_not_finite(item);
}

}  // namespace

std::string as_utf8(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    const Utf8Character character = first_character(bytes);
    if (!character.is_valid)
      text += fmt::format("\\x{:02X}", static_cast<unsigned char>(bytes[0]));
    else if (bytes[0] == '\\')
      text += "\\\\";
    else
      text += bytes.substr(0, character.bytes);
    // Of bytes that are not UTF-8, one at a time.
    bytes.remove_prefix(character.is_valid ? character.bytes : 1);
  }
  return text;
}

json document_in_utf8(json value) {
  json escaped = json::array();
  escape(value, "", escaped);
  if (value.is_object() && !escaped.empty()) value["escaped"] = std::move(escaped);
  return value;
}

std::string json_line(const json& value) {
  json text = value;
  json escaped;
  escape(text, "", escaped);
  return text.dump();
}

std::string json_document(const json& document) {
  std::string text;
  write(text, document_in_utf8(document), 0);
  return text + "\n";
}

std::string told_answer(const json& value, std::size_t most) {
  if (is_not_finite(value)) return name_of(value);
  json named = value;
  name_what_is_not_finite(named);
  std::string text = json_line(named);
  if (text.size() <= most) return text;
  const std::size_t size = text.size();
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // a character
  text.resize(end);
  return fmt::format("{}... ({} bytes)", text, size);
}

}  // namespace parlab
