#pragma once

// Links to other hosts that were fine, kept in a file between checks, so that those hosts are not asked
// each time. What was broken is asked for again.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "kernels/network/crawler/check/link_table.hpp"

namespace parlab {

class LinkCache {
 public:
  /// Reads the file; one that does not exist is empty. `path` empty: remembers nothing. Throws UsageError
  /// where the file is not a link cache.
  LinkCache(const std::string& path, std::chrono::seconds max_age);

  /// What is known of the address and not too old.
  std::optional<LinkAnswer> find(const std::string& url) const;
  /// Remembers an answer without error that does not come from the cache itself.
  void remember(const std::string& url, const LinkAnswer& answer);
  /// All that is not too old, as the file has it: a JSON line for each address, sorted.
  std::string text() const;

 private:
  struct Entry {
    LinkAnswer answer;
    std::int64_t time;  // seconds since 1970
  };
  std::int64_t oldest_;
  std::map<std::string, Entry> entries_;
};

}  // namespace parlab
