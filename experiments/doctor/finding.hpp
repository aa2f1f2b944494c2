#pragma once

#include <string>

namespace parlab {

/// What one check of `parlab doctor` says.
struct Finding {
  std::string check;   // "load average"
  std::string status;  // "ok", "warning", or "unknown" where the machine does not tell
  std::string found;   // what was seen, with its unit
  std::string cure;    // a command or a sentence to act on; empty where all is well

  static Finding ok(std::string check, std::string found) {
    return {std::move(check), "ok", std::move(found), ""};
  }
  static Finding warning(std::string check, std::string found, std::string cure) {
    return {std::move(check), "warning", std::move(found), std::move(cure)};
  }
  static Finding unknown(std::string check, std::string found, std::string cure) {
    return {std::move(check), "unknown", std::move(found), std::move(cure)};
  }
};

}  // namespace parlab
