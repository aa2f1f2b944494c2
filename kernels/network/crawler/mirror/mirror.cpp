#include "kernels/network/crawler/mirror/mirror.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/base/errors.hpp"
#include "kernels/base/text/ascii.hpp"

namespace parlab {
namespace {

/// Bodies of pages and style sheets as they came: links are rewritten anew by each run.
std::string original_of(const std::string& file) { return ".originals/" + file; }

bool refers_to_others(std::string_view type) {
  return ReadPage::kind_of(type) != ReadPage::Kind::other;
}

/// The file of an address before its type is known: most that have another ending than pages have it already.
std::string guessed_path(const Address& address) {
  const std::string_view target = address.target();
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  const std::string ending = dot == std::string_view::npos ? "" : lower(name.substr(dot));
  constexpr std::array page_endings = {"",     ".html", ".htm", ".php",
                                       ".asp", ".aspx", ".jsp", ".cgi"};
  return wanted_path(
      address, std::ranges::find(page_endings, ending) == page_endings.end() ? "" : "text/html");
}

/// A field of a header that may be sent back as it is.
bool is_sendable(std::string_view text) {
  constexpr std::size_t longest = 1000;
  return text.size() <= longest &&
         std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
}

}  // namespace

Mirror::Mirror(const std::string& folder) : path_(folder), folder_("--mirror", folder) {
  read_index();
}

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
  const bool is_new = entry.file.empty();
  const std::string file = is_new ? names_.path_for(address, answer.type) : entry.file;
  entry = answer;
  entry.file = file;
  entry.is_new = is_new;
  folder_.write(refers_to_others(answer.type) ? original_of(file) : file, body, is_new);
  settle(address.text());
}

std::pair<std::string, std::string> Mirror::unchanged(const std::string& url) {
  MirrorEntry& entry = entries_[url];
  entry.status = 200;
  entry.error.clear();
  entry.redirect.clear();
  settle(url);
  if (!refers_to_others(entry.type)) return {entry.type, ""};
  return {entry.type, folder_.read(original_of(entry.file)).value_or("")};
}

void Mirror::write(ReadPage& page, const IsExpected& is_expected) {
  const auto own = entries_.find(page.address().text());
  if (own == entries_.end() || own->second.file.empty()) return;
  const auto number = static_cast<PageNumber>(pages_.size());
  pages_.push_back(&*own);
  write_page(page, own->second, [&](const Address& target, const Reference& reference) {
    return file_for(target, reference, number, is_expected);
  });
}

void Mirror::note(const std::string& url, int status, const std::string& error,
                  const std::string& redirect) {
  MirrorEntry& entry = entries_[url];
  entry.status = status;
  entry.error = error;
  entry.redirect = redirect;
  settle(url);
}

/// nullptr where an address of the chain is not known. `is_certain`: this run will find nothing else.
const MirrorEntry* Mirror::end_of_redirects(const std::string& url, bool& is_certain) const {
  constexpr int max_hops = 20;  // a circle has no end
  is_certain = true;
  auto at = entries_.find(url);
  for (int hops = 0; hops < max_hops; ++hops) {
    is_certain = is_certain && at != entries_.end() && at->second.is_current;
    if (at == entries_.end()) return nullptr;
    if (at->second.redirect.empty()) return &at->second;
    at = entries_.find(at->second.redirect);
  }
  return nullptr;
}

std::optional<std::string> Mirror::file_of(const std::string& url) const {
  bool ignored = false;
  const MirrorEntry* const end = end_of_redirects(url, ignored);
  return end && !end->file.empty() ? std::optional(end->file) : std::nullopt;
}

std::optional<std::string> Mirror::file_for(const Address& target, const Reference& reference,
                                            PageNumber page, const IsExpected& is_expected) {
  bool is_certain = false;
  const MirrorEntry* const end = end_of_redirects(target.text(), is_certain);
  const auto known = end && !end->file.empty() ? std::optional(end->file) : std::nullopt;
  if (is_certain) return known;
  const auto [place, is_new] = guesses_.try_emplace(target.text());
  Guess& guess = place->second;
  if (is_new) guess.file = known;
  if (!guess.file && is_expected(target, reference)) {
    wrong_.insert(guess.pages.begin(), guess.pages.end());
    guess = {guessed_path(target), {}};
  }
  if (guess.pages.empty() || guess.pages.back() != page) guess.pages.push_back(page);
  return guess.file;
}

/// This run knows the address now: guesses that were right need not be kept.
void Mirror::settle(const std::string& url) {
  entries_[url].is_current = true;
  const auto guess = guesses_.find(url);
  if (guess == guesses_.end()) return;
  bool is_certain = false;
  const MirrorEntry* const end = end_of_redirects(url, is_certain);
  if (is_certain && end && end->file == guess->second.file) guesses_.erase(guess);
}

void Mirror::write_page(ReadPage& page, const MirrorEntry& entry,
                        const FileOfAddress& file_of) const {
  const std::string text = rewritten(page, entry.file, file_of);
  // A new one is not there, but where links were guessed wrong.
  if (folder_.read(entry.file) != text) folder_.write(entry.file, text, entry.is_new);
}

void Mirror::write_again(const std::string& url, const MirrorEntry& entry) const {
  const auto address = Address::parse(url);
  const auto body = folder_.read(original_of(entry.file));
  if (!address || !body) return;
  ReadPage page(*address, entry.type, *body);
  write_page(page, entry,
             [this](const Address& target, const Reference&) { return file_of(target.text()); });
}

void Mirror::finish() {
  for (const auto& [url, guess] : guesses_)
    if (file_of(url) != guess.file) wrong_.insert(guess.pages.begin(), guess.pages.end());
  for (const PageNumber number : wrong_) write_again(pages_[number]->first, pages_[number]->second);
  // What an earlier run left may refer to what is here now.
  for (const auto& [url, entry] : entries_)
    if (!entry.is_current && !entry.file.empty() && refers_to_others(entry.type))
      write_again(url, entry);
  write_index();
}

void Mirror::write_index() {
  std::vector<Entries::const_pointer> by_address;
  by_address.reserve(entries_.size());
  for (const auto& entry : entries_) by_address.push_back(&entry);
  std::ranges::sort(by_address, {},
                    [](const auto* entry) -> const std::string& { return entry->first; });
  std::string index;
  for (const auto* one : by_address) {
    const auto& [url, entry] = *one;
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
