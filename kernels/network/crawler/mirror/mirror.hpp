#pragma once

// A site on disk that browsers open: files named like the site's, with what pages need, links between them
// rewritten at the end, and an index, by which the next run asks for what has changed only.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/network/crawler/mirror/mirror_folder.hpp"
#include "kernels/network/crawler/mirror/mirror_names.hpp"
#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {

/// What the index knows of an address.
struct MirrorEntry {
  std::string file = {};  // below the folder; empty where there is none
  std::string type = {};  // Content-Type
  int status = 0;         // of HTTP, lately; 0 for no answer
  std::string error = {};
  std::string etag = {}, modified = {};  // what the next run asks by
  std::string redirect = {};             // where it leads
};

class Mirror {
 public:
  /// The index, a JSON line for each address, in the folder.
  static constexpr char index_file[] = "mirror.jsonl";

  /// An empty folder, a new one, or one with a mirror. Throws UsageError.
  explicit Mirror(const std::string& folder);

  /// Header lines that ask for the address only if it has changed; empty where it is to be sent.
  std::string condition(const std::string& url) const;
  /// A page or a file that came. Throws std::runtime_error where it cannot be written.
  void save(const Address& address, const MirrorEntry& answer, std::string_view body);
  /// It has not changed: its type, and its body where that refers to something.
  std::pair<std::string, std::string> unchanged(const std::string& url);
  /// What became of an address that gave no file. One that an earlier run saved stays.
  void note(const std::string& url, int status, const std::string& error,
            const std::string& redirect);
  /// Rewrites links and writes the index. Throws std::runtime_error.
  void finish();
  /// The file of an address, redirects followed.
  std::optional<std::string> file_of(const std::string& url) const;

 private:
  void read_index();
  void rewrite(const std::string& url, const MirrorEntry& entry) const;

  std::string path_;
  MirrorFolder folder_;
  MirrorNames names_{index_file};
  std::map<std::string, MirrorEntry> entries_;  // by address
};

}  // namespace parlab
