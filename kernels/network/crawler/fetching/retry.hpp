#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <random>
#include <string_view>

#include "kernels/network/crawler/crawler.hpp"

namespace parlab {

/// What a Retry-After field asks for (RFC 9110, 10.2.3): seconds, or a date. None where it is
/// neither. A date that has passed is no wait.
std::optional<std::chrono::seconds> retry_after(std::string_view field, std::time_t now);

/// Whether another try may do better: no answer, a lost connection, too many requests, a server in
/// trouble.
bool is_worth_a_retry(int status, std::string_view error);

/// How long to wait before the next try: doubled each time, with jitter, or what `retry_after` asks for. None
/// where `tries` were the last, or it asks for too long a wait.
std::optional<std::chrono::milliseconds> wait_before_retry(const CrawlOptions& options, int tries,
                                                           std::string_view retry_after,
                                                           std::mt19937_64& random);

}  // namespace parlab
