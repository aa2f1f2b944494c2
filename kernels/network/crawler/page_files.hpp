#pragma once

#include <optional>
#include <string>

#include "kernels/network/crawler/page_folder.hpp"
#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {

/// Saves bodies in one folder, a file a page. No address can name a file outside of it.
class PageFiles {
 public:
  /// `folder` empty: saves nothing. Throws UsageError where it cannot be made.
  explicit PageFiles(const std::string& folder);

  /// Throws std::runtime_error where the file cannot be written.
  void save(const Address& address, const std::string& body) const;
  /// The file's name: letters, digits and _ of the address, and its hash.
  static std::string name_of(const Address& address);

 private:
  std::optional<PageFolder> folder_;
};

}  // namespace parlab
