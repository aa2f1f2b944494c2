#include "kernels/network/clients/clients.hpp"

#include <fmt/format.h>

#include <charconv>

namespace parlab {

std::vector<Client> clients() {
  return {
      serial_client(),    thread_client(), callback_client(), future_client(),
#ifdef PARLAB_HAS_BOOST_CONTEXT
      stackful_client(),
#endif
      coroutine_client(),
#ifdef PARLAB_HAS_CURL
      libcurl_client(),
#endif
  };
}

std::string target_of(const Job& job, std::uint64_t request) {
  return fmt::format("/add?name=parlab&delay={}&value={}", job.delay.count(), request);
}

std::string request_text(const Job& job, std::uint64_t request) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}\r\n", target_of(job, request),
                     job.port, job.keep_alive ? "" : "Connection: close\r\n");
}

void tally(Fetched& fetched, std::string_view body, bool ok) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value);
  if (!ok || error != std::errc() || end != body.data() + body.size()) {
    ++fetched.failures;
    return;
  }
  ++fetched.answers;
  fetched.sum += value;
}

}  // namespace parlab
