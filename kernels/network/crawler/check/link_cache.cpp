#include "kernels/network/crawler/check/link_cache.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/errors.hpp"

namespace parlab {

LinkCache::LinkCache(const std::string& path, std::chrono::seconds max_age)
    : oldest_(static_cast<std::int64_t>(std::time(nullptr)) - max_age.count()) {
  std::error_code missing;
  if (path.empty() || !std::filesystem::exists(path, missing)) return;
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    try {
      const auto time = entry.at("checked").get<std::int64_t>();
      LinkAnswer answer{.status = entry.at("status").get<int>()};
      if (entry.contains("redirect")) answer.redirect = entry.at("redirect").get<std::string>();
      answer.is_cached = true;
      if (time >= oldest_)
        entries_.insert_or_assign(entry.at("url").get<std::string>(), Entry{answer, time});
    } catch (const nlohmann::json::exception&) {
      throw UsageError(
          fmt::format("--cache {}: line {} is not of a link cache; name another file, or remove it",
                      path, number));
    }
  }
  if (file.bad() || !file.is_open())
    throw UsageError(fmt::format("--cache {}: cannot be read; name another file", path));
}

std::optional<LinkAnswer> LinkCache::find(const std::string& url) const {
  const auto found = entries_.find(url);
  if (found == entries_.end()) return std::nullopt;
  return found->second.answer;
}

void LinkCache::remember(const std::string& url, const LinkAnswer& answer) {
  if (answer.is_cached || answer.is_unchecked || !answer.error.empty()) return;
  entries_.insert_or_assign(url, Entry{answer, static_cast<std::int64_t>(std::time(nullptr))});
}

std::string LinkCache::text() const {
  std::string text;
  for (const auto& [url, entry] : entries_) {
    nlohmann::ordered_json line = {
        {"url", url}, {"status", entry.answer.status}, {"checked", entry.time}};
    if (!entry.answer.redirect.empty()) line["redirect"] = entry.answer.redirect;
    text += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  return text;
}

}  // namespace parlab
