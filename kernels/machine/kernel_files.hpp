#pragma once

// Files of /proc and /sys, as text.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// A file's content, without its last newline; nullopt where it cannot be read.
std::optional<std::string> read_kernel_file(const std::filesystem::path& file);

/// The value after "name<spaces>:" of the first such line, as in /proc/cpuinfo.
std::optional<std::string> field_of(const std::string& text, std::string_view name);

/// The number that a text begins with.
std::optional<std::uint64_t> leading_number(std::string_view text);

/// "0-3,8" as the kernel writes lists of processors. What is not a number is skipped.
std::vector<int> parse_cpu_list(std::string_view list);

}  // namespace parlab
