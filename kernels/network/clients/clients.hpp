#pragma once

// The same requests, sent by seven clients: one after the other, by blocking threads, callbacks,
// futures, stackful coroutines, C++20 coroutines, and by libcurl's multi interface as the peer.
// All build the same requests and check every answer; but for libcurl's, all parse them by
// MessageReader. What differs is who waits.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/network/http/http_parser.hpp"

namespace parlab {

/// Requests to the delay server on 127.0.0.1.
struct Job {
  std::uint16_t port = 0;
  std::uint64_t requests = 0;
  std::uint64_t at_once = 1;
  std::chrono::milliseconds delay{};                             // that the server is asked for
  bool keep_alive = true;                                        // false: a connection each
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  // of one request
};

/// What has come back. Request i asks for the answer "i", so a request that was sent twice, or not
/// at all, shows in the sum.
struct Fetched {
  std::uint64_t answers = 0;
  std::uint64_t sum = 0;
  std::uint64_t failures = 0;

  void add(const Fetched& other) {
    answers += other.answers;
    sum += other.sum;
    failures += other.failures;
  }
  friend bool operator==(const Fetched&, const Fetched&) = default;
};

struct Client {
  std::string name;
  std::string what;
  Fetched (*fetch)(const Job& job);
  bool one_at_a_time = false;  // whatever job.at_once says
};

/// Those that this build has, the serial one first.
std::vector<Client> clients();

Client serial_client();
Client thread_client();
Client callback_client();
Client future_client();
Client stackful_client();
Client coroutine_client();
Client libcurl_client();

/// "/add?name=..&delay=..&value=.." of a request.
std::string target_of(const Job& job, std::uint64_t request);
/// The request as it is sent.
std::string request_text(const Job& job, std::uint64_t request);
/// Counts an answer as what it is: right, or a failure.
void tally(Fetched& fetched, std::string_view body, bool ok);

}  // namespace parlab
