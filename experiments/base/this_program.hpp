#pragma once

// This program as it was started: where its file lies, and how to start it again. /proc/self/exe
// alone does not tell: where the program was started through the loader (ld-linux.so program ...),
// it is the loader.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace parlab {

/// To be called at the start of main() with what that was given: start_again() needs it.
void remember_start(int count, const char* const* values);

/// The file that this code was loaded from, links resolved. Where it was deleted since, the path
/// that it had, followed by " (deleted)".
std::filesystem::path program_file();

/// What the linker made of all that is in the file, in hexadecimal: another for any other build. ""
/// where it makes none.
std::string build_id();

/// Restarts the program in the place of this process, as it was started, but with other words
/// behind its name, and with these variables in its environment besides. Throws std::system_error
/// where that fails.
[[noreturn]] void start_again(const std::vector<std::string>& words,
                              const std::map<std::string, std::string>& variables);

}  // namespace parlab
