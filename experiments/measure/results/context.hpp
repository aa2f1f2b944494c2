#pragma once

// What a figure depends on besides the code: written into each result file, so that a reader can
// tell whether two files may be compared.

#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "kernels/machine/machine.hpp"

namespace parlab {

/// The `context` of a result file, but for what is known only afterwards. The host is a hash, never
/// its name; credentials inside URLs are masked.
nlohmann::json collect_context(const std::string& command, const Machine& machine = Machine());

/// Tells machines apart by what does not change from run to run: "3f2a...". Of a result's context.
std::string machine_fingerprint(const nlohmann::json& context);

/// FNV-1a, 64 bits, in hexadecimal.
std::string hashed(std::string_view text);

/// This build's, as in 0.1.0.
std::string program_version();

/// Tells this build from any other, as in "0.1.0 (commit 1f3a5c7e9b0d, build 8c2f41aa)".
std::string program_build();

/// Adds load_after, and in steal_seconds what the hypervisor took since collect_context.
void complete_context(nlohmann::json& context, const Machine& machine = Machine());

/// Undoes complete_context(), so that what is stolen until it is called again is added: what goes on
/// after a pause does not count the pause.
void reopen_context(nlohmann::json& context, const Machine& machine = Machine());

/// The variables that change what is measured: OMP_*, GOMP_*, KMP_*, TBB_*, MALLOC_*, PARLAB_* and
/// LD_PRELOAD. No other variable is ever recorded.
std::map<std::string, std::string> relevant_environment(char** variables = environ);

/// `text` with "//user:password@" inside of any URL replaced by "//***@".
std::string without_credentials(std::string text);

}  // namespace parlab
