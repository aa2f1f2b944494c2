#pragma once

#include <string>
#include <vector>

namespace parlab {

/// Words after the verb; returns the exit code, throws UsageError for what cannot be.
using Arguments = std::vector<std::string>;

int arm_command(const Arguments& arguments);
int advise_command(const Arguments& arguments, const std::string& command);
int list_command(const Arguments& arguments);
int random_command(const Arguments& arguments);
int suite_command(const Arguments& arguments, const std::string& command);
int diff_command(const Arguments& arguments);
int doctor_command(const Arguments& arguments);
int crawl_command(const Arguments& arguments);
int check_command(const Arguments& arguments);
int serve_command(const Arguments& arguments);

}  // namespace parlab
