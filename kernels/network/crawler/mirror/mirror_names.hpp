#pragma once

// Files of a mirror: names like the site's, that every file system takes, and that no two addresses share,
// also where a file system does not tell a from A, or one form of a letter with an accent from another.

#include <string>
#include <string_view>
#include <unordered_set>

#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {

/// As it is, but for what some file system refuses or takes for something else: controls and what is not seen, < > : " | ? * and
/// backslashes become %3C and so on, "." and ".." and a last dot or blank, too; names of devices (con.txt)
/// get a _ before them; long ones end with a hash. `escaped` is percent-encoded.
std::string safe_file_name(std::string_view escaped);

/// The path that an address would like, in the mirror's folder: "example.com/a/index.html". By its
/// Content-Type it gets an ending that browsers go by.
std::string wanted_path(const Address& address, std::string_view content_type);

/// Which files are taken.
class MirrorNames {
 public:
  /// `reserved`: a name at the top that no host's folder may have.
  explicit MirrorNames(const std::string& reserved) : files_{reserved} {}
  /// Takes a path that an earlier run gave. Returns false where it is taken, or not a path of a mirror.
  bool take(const std::string& path);
  /// The address's own path: the wanted one, or one beside it with a hash where that is taken.
  std::string path_for(const Address& address, std::string_view content_type);

 private:
  bool is_free(const std::string& path) const;
  void note(const std::string& path);

  std::unordered_set<std::string> files_, folders_;  // as file systems without cases compare them
};

}  // namespace parlab
