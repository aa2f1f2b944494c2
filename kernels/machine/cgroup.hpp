#pragma once

// What the control groups around this process grant it, by both versions of cgroups.

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace parlab {

/// The folders that may hold this process's limits for a controller ("cpu"): of its own group and
/// of those around it. `root` stands for "/".
std::vector<std::filesystem::path> cgroup_folders(std::string_view controller,
                                                  const std::filesystem::path& root = "/");

/// Cores' worth of time: the least that one of the groups grants; nullopt without a limit.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace parlab
