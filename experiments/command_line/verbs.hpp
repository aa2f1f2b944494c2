#pragma once

#include <string>
#include <vector>

namespace parlab {

/// Words after the verb; returns the exit code, throws UsageError for what cannot be.
using Arguments = std::vector<std::string>;

int arm_command(const Arguments& arguments);
int list_command(const Arguments& arguments);
int random_command(const Arguments& arguments);
int suite_command(const Arguments& arguments, const std::string& command);
int doctor_command(const Arguments& arguments);
int crawl_command(const Arguments& arguments);
int serve_command(const Arguments& arguments);

/// Throws UsageError unless every argument is one of `valid`; "--help" is always.
void check_flags(const std::string& verb, const Arguments& arguments,
                 const std::vector<std::string>& valid);

bool has_flag(const Arguments& arguments, const std::string& flag);

}  // namespace parlab
