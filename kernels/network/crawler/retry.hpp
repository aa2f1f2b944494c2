#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string_view>

namespace parlab {

/// What a Retry-After field asks for (RFC 9110, 10.2.3): seconds, or a date. None where it is
/// neither. A date that has passed is no wait.
std::optional<std::chrono::seconds> retry_after(std::string_view field, std::time_t now);

/// Whether another try may do better: no answer, a lost connection, too many requests, a server in
/// trouble.
bool is_worth_a_retry(int status, std::string_view error);

}  // namespace parlab
