#include "kernels/network/crawler/mirror/mirror.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/base/errors.hpp"
#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/mirror/link_rewriter.hpp"

namespace parlab {
namespace {

/// Bodies of pages and style sheets as they came: links are rewritten anew by each run.
std::string original_of(const std::string& file) { return ".originals/" + file; }

bool is_html_type(std::string_view type) { return lower(type).find("html") != std::string::npos; }
bool is_css_type(std::string_view type) {
  return lower(type).find("text/css") != std::string::npos;
}
bool refers_to_others(std::string_view type) { return is_html_type(type) || is_css_type(type); }

/// A field of a header that may be sent back as it is.
bool is_sendable(std::string_view text) {
  constexpr std::size_t longest = 1000;
  return text.size() <= longest &&
         std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
}

}  // namespace

Mirror::Mirror(const std::string& folder) : path_(folder), folder_(folder) { read_index(); }

void Mirror::read_index() {
  const auto text = folder_.read(index_file);
  if (!text) {
    // A run that is killed leaves a mirror, too.
    if (folder_.is_empty()) return folder_.write(index_file, "");
    throw UsageError(fmt::format(
        "--mirror {}: holds other files and no mirror; name an empty or a new folder", path_));
  }
  int number = 0;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    ++number;
    try {
      const auto line = nlohmann::json::parse(text->substr(begin, end - begin));
      const auto field = [&](const char* name) {
        return line.contains(name) && line.at(name).is_string() ? line.at(name).get<std::string>()
                                                                : std::string();
      };
      MirrorEntry entry{.file = field("file"),
                        .type = field("type"),
                        .status = line.at("status").get<int>(),
                        .error = field("error"),
                        .etag = field("etag"),
                        .modified = field("modified"),
                        .redirect = field("redirect")};
      const std::string url = line.at("url").get<std::string>();
      if (!entry.file.empty() && !names_.take(entry.file)) entry = {};
      entries_.insert_or_assign(url, entry);
    } catch (const nlohmann::json::exception&) {
      throw UsageError(
          fmt::format("--mirror {}: line {} of {} cannot be read; name another folder, or remove "
                      "that file and the others",
                      path_, number, index_file));
    }
    begin = end + 1;
  }
}

std::string Mirror::condition(const std::string& url) const {
  const auto found = entries_.find(url);
  if (found == entries_.end()) return {};
  const MirrorEntry& entry = found->second;
  if (entry.file.empty() || !folder_.has(entry.file)) return {};
  if (refers_to_others(entry.type) && !folder_.has(original_of(entry.file))) return {};
  std::string fields;
  if (!entry.etag.empty() && is_sendable(entry.etag))
    fields += fmt::format("If-None-Match: {}\r\n", entry.etag);
  if (!entry.modified.empty() && is_sendable(entry.modified))
    fields += fmt::format("If-Modified-Since: {}\r\n", entry.modified);
  return fields;
}

void Mirror::save(const Address& address, const MirrorEntry& answer, std::string_view body) {
  MirrorEntry& entry = entries_[address.text()];
  const std::string file = entry.file.empty() ? names_.path_for(address, answer.type) : entry.file;
  entry = answer;
  entry.file = file;
  folder_.write(file, body);
  if (refers_to_others(answer.type)) folder_.write(original_of(file), body);
}

std::pair<std::string, std::string> Mirror::unchanged(const std::string& url) {
  MirrorEntry& entry = entries_[url];
  entry.status = 200;
  entry.error.clear();
  if (!refers_to_others(entry.type)) return {entry.type, ""};
  return {entry.type, folder_.read(original_of(entry.file)).value_or("")};
}

void Mirror::note(const std::string& url, int status, const std::string& error,
                  const std::string& redirect) {
  MirrorEntry& entry = entries_[url];
  entry.status = status;
  entry.error = error;
  entry.redirect = redirect;
}

std::optional<std::string> Mirror::file_of(const std::string& url) const {
  constexpr int max_hops = 20;  // a circle has no end
  auto at = entries_.find(url);
  for (int hops = 0; at != entries_.end() && hops < max_hops; ++hops) {
    if (at->second.redirect.empty())
      return at->second.file.empty() ? std::nullopt : std::optional(at->second.file);
    at = entries_.find(at->second.redirect);
  }
  return std::nullopt;
}

void Mirror::rewrite(const std::string& url, const MirrorEntry& entry) const {
  const auto address = Address::parse(url);
  const auto body = folder_.read(original_of(entry.file));
  if (!address || !body) return;
  const auto kind = is_css_type(entry.type) ? RewrittenKind::css : RewrittenKind::html;
  const std::string text =
      rewritten(kind, *address, entry.type, *body, entry.file,
                [this](const Address& target) { return file_of(target.text()); });
  if (folder_.read(entry.file) != text) folder_.write(entry.file, text);
}

void Mirror::finish() {
  std::string index;
  for (const auto& [url, entry] : entries_) {
    if (!entry.file.empty() && refers_to_others(entry.type)) rewrite(url, entry);
    nlohmann::ordered_json line = {{"url", url}, {"status", entry.status}};
    const auto add = [&](const char* name, const std::string& text) {
      if (!text.empty()) line[name] = text;
    };
    add("file", entry.file);
    add("type", entry.type);
    add("error", entry.error);
    add("redirect", entry.redirect);
    add("etag", entry.etag);
    add("modified", entry.modified);
    index += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  folder_.write(index_file, index);
}

}  // namespace parlab
