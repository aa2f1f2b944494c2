#pragma once

// Commits of a repository, each checked out in a temporary folder of its own and built there. The
// checkout that the user works in stays as it is.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kernels/posix/process/program.hpp"

namespace parlab {

/// A commit, and what the user calls it.
struct Revision {
  std::string name;
  std::string commit;  // its full hash
  /// "main 1d87f84"; the hash alone where that is the name.
  std::string label() const;
};

/// Where the repository of the current folder lies, and the current folder in it.
struct Repository {
  std::filesystem::path top;
  std::string prefix;  // "" at the top, else as in "src/"
};

/// Variables of git that name another repository: unset for all that runs in a worktree.
Variables without_git_variables();

/// Throws UsageError where the current folder is in none, or git is not there.
Repository repository_here();

/// The two commits of "BASE..HEAD"; HEAD is the current one where it is left out. Throws UsageError.
std::vector<Revision> revisions_of(const std::string& range);

/// A temporary folder of worktrees, which are removed with it.
class GitWorktrees {
 public:
  /// Throws std::system_error where no folder can be made.
  explicit GitWorktrees(Repository repository);
  GitWorktrees(const GitWorktrees&) = delete;
  GitWorktrees& operator=(const GitWorktrees&) = delete;
  ~GitWorktrees();

  /// Where a commit's files are, or will be, as the current folder is in the checkout.
  std::filesystem::path folder_of(const std::string& commit) const;

  /// Checks the commit out. To be called in a process that adopts orphans, once a commit. Throws
  /// CommandFailed.
  void check_out(const std::string& commit) const;

 private:
  Repository repository_;
  std::filesystem::path folder_;
};

}  // namespace parlab
