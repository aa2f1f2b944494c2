#include "experiments/commands/git_worktrees.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "experiments/base/json_text.hpp"
#include "experiments/commands/command_run.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

/// Letters of a hash that people read.
constexpr std::size_t short_hash = 7;

/// Of what git says.
constexpr std::size_t max_git_bytes = 4096;

/// How long a checkout may take.
constexpr std::chrono::hours longest_checkout{24};

std::vector<std::string> git_words(std::vector<std::string> words) {
  // No hook of the user's runs.
  words.insert(words.begin(), {"git", "-c", "core.hooksPath=/dev/null"});
  return words;
}

/// What git prints, without the last line's end. Throws UsageError with what it complains of.
std::string git_says(const std::vector<std::string>& words) {
  Program program{.words = git_words(words)};
  const ProgramOutput output = output_of(program, max_git_bytes);
  std::string text = output.text.substr(0, output.text.find_last_not_of('\n') + 1);
  if (output.status.code == no_such_program)
    throw UsageError("--git: there is no git; install it: apt-get install git");
  if (!output.status.success())
    throw UsageError(fmt::format("--git: {}", text.empty()
                                                  ? output.status.describe()
                                                  : as_utf8(text.substr(text.rfind('\n') + 1))));
  return text;
}

std::string commit_of(const std::string& name, const std::string& range) {
  // A name that begins with - would be an option.
  if (name.empty() || name.front() == '-')
    throw UsageError(
        fmt::format("--git: '{}' is not a range; write two commits, as in main..HEAD", range));
  try {
    return git_says({"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"});
  } catch (const UsageError&) {
    throw UsageError(fmt::format("--git: this repository has no commit '{}'", as_utf8(name)));
  }
}

fs::path new_folder() {
  const char* named = getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  const fs::path parent = named != nullptr && *named != '\0' ? named : "/tmp";
  std::string name = (parent / "parlab-race-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(),
                            "--git: cannot make a folder in " + parent.string());
  return fs::canonical(name);
}

}  // namespace

std::string Revision::label() const {
  const std::string hash = commit.substr(0, short_hash);
  return commit.starts_with(name) ? hash : fmt::format("{} {}", as_utf8(name), hash);
}

Variables without_git_variables() {
  Variables variables;
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX",
                           "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"})
    variables[name] = std::nullopt;
  return variables;
}

Repository repository_here() {
  Repository repository;
  repository.top = git_says({"rev-parse", "--show-toplevel"});
  repository.prefix = git_says({"rev-parse", "--show-prefix"});
  return repository;
}

std::vector<Revision> revisions_of(const std::string& range) {
  const std::size_t dots = range.find("..");
  if (dots == std::string::npos || range.find("...") != std::string::npos)
    throw UsageError(
        fmt::format("--git: '{}' is not a range; write two commits, as in main..HEAD", range));
  std::vector<Revision> revisions;
  for (std::string name : {range.substr(0, dots), range.substr(dots + 2)}) {
    if (name.empty() && !revisions.empty()) name = "HEAD";
    const std::string commit = commit_of(name, range);
    revisions.push_back({std::move(name), commit});
  }
  if (revisions[0].commit == revisions[1].commit)
    throw UsageError(fmt::format("--git: {} and {} are the same commit, {}", revisions[0].name,
                                 revisions[1].name, revisions[0].commit.substr(0, short_hash)));
  return revisions;
}

GitWorktrees::GitWorktrees(Repository repository)
    : repository_(std::move(repository)), folder_(new_folder()) {}

GitWorktrees::~GitWorktrees() {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    try {
      output_of({.words = git_words({"-C", repository_.top, "worktree", "remove", "--force",
                                     "--force", entry.path()}),
                 .variables = without_git_variables()},
                max_git_bytes);
    } catch (const std::exception&) {  // what git keeps of it, it forgets by itself
    }
  }
  fs::remove_all(folder_, error);
}

fs::path GitWorktrees::folder_of(const std::string& commit) const {
  return folder_ / commit.substr(0, 2 * short_hash) / repository_.prefix;
}

void GitWorktrees::check_out(const std::string& commit) const {
  CommandStart start;
  start.words = git_words({"-C", repository_.top, "worktree", "add", "--detach",
                           folder_ / commit.substr(0, 2 * short_hash), commit});
  start.variables = without_git_variables();
  start.timeout = longest_checkout;
  start.may_leave_processes = true;
  const CommandRun run = run_command(start);
  if (!run.status.success())
    throw CommandFailed(fmt::format("cannot be checked out: {}", run.last_error.empty()
                                                                     ? run.status.describe()
                                                                     : run.last_error));
}

}  // namespace parlab
