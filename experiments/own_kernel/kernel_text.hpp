#pragma once

// The text of a kernel file: how an editor's habits are taken out of it, which of its names may be
// kernels, and what is compiled of it.

#include <filesystem>
#include <string>
#include <vector>

namespace parlab {

/// A whole file. Throws UsageError where it cannot be read.
std::string text_of(const std::filesystem::path& file);

/// The file's text as a compiler takes it, however an editor wrote it: without a byte order mark,
/// with lines that end in a newline alone, and without #pragma once, of which it would warn.
/// Throws UsageError for UTF-16 and a file that cannot be read.
std::string source_of(const std::filesystem::path& file);

/// Names at namespace scope that may be kernels, in order: kernel, find, parallel, and those that
/// begin so, as in kernel_simd. Whether they are, the compiler tells.
std::vector<std::string> kernel_names(const std::string& source);

/// Names at namespace scope that are declared as a vector<...> or array<...>, parlab::array aside;
/// functions that return one are among them.
std::vector<std::string> variable_names(const std::string& source);

/// Names of the parlab::array and parlab::grid that line number `line` declares, in order.
std::vector<std::string> arrays_of_line(const std::string& source, int line);

/// What is compiled: the file between parlab's own text, which calls it.
std::string wrapped(const std::filesystem::path& file, const std::string& source);

}  // namespace parlab
