#include "kernels/machine/cgroup.hpp"

#include <algorithm>
#include <sstream>
#include <string>

#include "kernels/machine/kernel_files.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

/// Where a hierarchy has this process, from a line "number:controllers:path" of /proc/self/cgroup.
/// A path outside of a container's own view counts as its top.
struct Membership {
  std::string controllers;  // of version 1, with commas between them; empty in version 2
  fs::path path;

  bool has(std::string_view controller) const {
    std::istringstream names(controllers);
    for (std::string name; std::getline(names, name, ',');)
      if (name == controller) return true;
    return false;
  }
};

std::vector<Membership> memberships(const std::string& text) {
  std::vector<Membership> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    Membership membership{line.substr(first + 1, second - first - 1), {}};
    const fs::path path = fs::path(line.substr(second + 1)).relative_path();
    if (std::find(path.begin(), path.end(), "..") == path.end()) membership.path = path;
    found.push_back(membership);
  }
  return found;
}

/// Version 1, two files: microseconds granted (-1 is all) in each period.
std::optional<double> quota_of_cfs(std::string_view granted, std::string_view period) {
  const auto grant = leading_number(granted);
  const auto each = leading_number(period);
  if (!grant || !each || *each == 0) return std::nullopt;
  return static_cast<double>(*grant) / static_cast<double>(*each);
}

/// Version 2, one file: "150000 100000" or "max 100000".
std::optional<double> quota_of_cpu_max(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return quota_of_cfs(text.substr(0, space), text.substr(space + 1));
}

}  // namespace

std::vector<fs::path> cgroup_folders(std::string_view controller, const fs::path& root) {
  const fs::path top = root / "sys/fs/cgroup";
  std::vector<fs::path> folders;
  for (const Membership& membership :
       memberships(read_kernel_file(root / "proc/self/cgroup").value_or(""))) {
    std::vector<fs::path> mounts;
    if (membership.controllers.empty())
      mounts = {top, top / "unified"};
    else if (membership.has(controller))
      mounts = {top / controller, top / membership.controllers};
    for (const fs::path& mount : mounts) {
      for (fs::path path = membership.path; !path.empty(); path = path.parent_path())
        folders.push_back(mount / path);
      folders.push_back(mount);
    }
  }
  return folders;
}

std::optional<double> cpu_quota(const fs::path& root) {
  std::optional<double> least;
  for (const fs::path& folder : cgroup_folders("cpu", root)) {
    const auto version_2 = read_kernel_file(folder / "cpu.max");
    const auto quota =
        version_2 ? quota_of_cpu_max(*version_2)
                  : quota_of_cfs(read_kernel_file(folder / "cpu.cfs_quota_us").value_or(""),
                                 read_kernel_file(folder / "cpu.cfs_period_us").value_or(""));
    if (quota && (!least || *quota < *least)) least = quota;
  }
  return least;
}

}  // namespace parlab
