#pragma once

// A site on disk that browsers open: files named like the site's, with what pages need, links between them
// rewritten, and an index, by which the next run asks for what has changed only.
//
// A page is rewritten when it comes, while it is in memory. Files that are not there yet are guessed from their
// addresses: most are right. Pages with a wrong guess (a link was broken, or led to a picture) are read and
// rewritten again at the end.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "kernels/network/crawler/mirror/link_rewriter.hpp"
#include "kernels/network/crawler/mirror/mirror_names.hpp"
#include "kernels/network/crawler/page_folder.hpp"
#include "kernels/network/crawler/parsing/address.hpp"
#include "kernels/network/crawler/references/read_page.hpp"

namespace parlab {

/// What the index knows of an address.
struct MirrorEntry {
  std::string file = {};  // below the folder; empty where there is none
  std::string type = {};  // Content-Type
  int status = 0;         // of HTTP, lately; 0 for no answer
  std::string error = {};
  std::string etag = {}, modified = {};  // what the next run asks by
  std::string redirect = {};             // where it leads
  bool is_current = false;               // of this run
  bool is_new = false;                   // no earlier run had a file of it
};

class Mirror {
 public:
  /// The index, a JSON line for each address, in the folder.
  static constexpr char index_file[] = "mirror.jsonl";

  /// An empty folder, a new one, or one with a mirror. Throws UsageError.
  explicit Mirror(const std::string& folder);

  /// Header lines that ask for the address only if it has changed; empty where it is to be sent.
  std::string condition(const std::string& url) const;
  /// A file that came, or the body of a page, which write() follows. Throws std::runtime_error where it cannot be
  /// written.
  void save(const Address& address, const MirrorEntry& answer, std::string_view body);
  /// It has not changed: its type, and its body where that refers to something.
  std::pair<std::string, std::string> unchanged(const std::string& url);
  /// Whether an address that nothing is known of will be asked for, because a page refers to it.
  using IsExpected = std::function<bool(const Address&, const Reference&)>;
  /// Writes a page that was saved or has not changed, with its links rewritten. Throws as save().
  void write(ReadPage& page, const IsExpected& is_expected);
  /// What became of an address that gave no file. One that an earlier run saved stays.
  void note(const std::string& url, int status, const std::string& error,
            const std::string& redirect);
  /// Rewrites pages whose links were guessed wrong, and writes the index. Throws std::runtime_error.
  void finish();
  /// The file of an address, redirects followed.
  std::optional<std::string> file_of(const std::string& url) const;

 private:
  using Entries = std::unordered_map<std::string, MirrorEntry>;  // by address
  using PageNumber = std::uint32_t;
  /// What pages that are written take for the file of an address.
  struct Guess {
    std::optional<std::string> file;
    std::vector<PageNumber> pages;
  };

  void read_index();
  const MirrorEntry* end_of_redirects(const std::string& url, bool& is_certain) const;
  std::optional<std::string> file_for(const Address& target, const Reference& reference,
                                      PageNumber page, const IsExpected& is_expected);
  void settle(const std::string& url);
  void write_page(ReadPage& page, const MirrorEntry& entry, const FileOfAddress& file_of) const;
  void write_again(const std::string& url, const MirrorEntry& entry) const;
  void write_index();

  std::string path_;
  PageFolder folder_;
  MirrorNames names_{index_file};
  Entries entries_;
  std::vector<Entries::const_pointer> pages_;  // that are written, by number
  std::unordered_map<std::string, Guess> guesses_;
  std::unordered_set<PageNumber> wrong_;  // pages
};

}  // namespace parlab
