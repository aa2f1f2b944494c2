// libcurl's multi interface on one thread: what a program without its own network library
// would take, and so the peer.

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

#include "kernels/network/clients/clients.hpp"

namespace parlab {
namespace {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

struct Transfer {
  std::unique_ptr<CURL, FreeEasy> easy;
  std::string body = {};
};

/// Longest wait in milliseconds before the transfers are looked at whatever happens.
constexpr int max_wait = 1000;

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* transfer) {
  static_cast<Transfer*>(transfer)->body.append(bytes, count);
  return count;
}

void prepare(Transfer& transfer, const Job& job) {
  CURL* easy = transfer.easy.get();
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // none, whatever the environment says
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(job.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, job.keep_alive ? 0L : 1L);
}

void start(CURLM* multi, Transfer& transfer, const Job& job, std::uint64_t request) {
  transfer.body.clear();
  const std::string url = fmt::format("http://127.0.0.1:{}{}", job.port, target_of(job, request));
  curl_easy_setopt(transfer.easy.get(), CURLOPT_URL, url.c_str());
  curl_multi_add_handle(multi, transfer.easy.get());
}

Fetched fetch_by_libcurl(const Job& job) {
  Fetched fetched;
  const std::unique_ptr<CURLM, FreeMulti> multi(curl_multi_init());
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(job.at_once));
  std::vector<Transfer> transfers;
  transfers.reserve(job.at_once);  // they are pointed to
  std::uint64_t next = 0;
  while (transfers.size() < job.at_once && next < job.requests) {
    transfers.push_back({std::unique_ptr<CURL, FreeEasy>(curl_easy_init())});
    prepare(transfers.back(), job);
    start(multi.get(), transfers.back(), job, next++);
  }
  for (int running = 1; running > 0;) {
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const bool ok = message->data.result == CURLE_OK;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
      curl_multi_remove_handle(multi.get(), easy);
      tally(fetched, transfer->body, ok);
      if (next < job.requests) {
        start(multi.get(), *transfer, job, next++);
        ++running;
      }
    }
    if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, max_wait, nullptr);
  }
  for (const Transfer& transfer : transfers)
    curl_multi_remove_handle(multi.get(), transfer.easy.get());
  return fetched;
}

}  // namespace

Client libcurl_client() {
  return {"libcurl", "libcurl's multi interface, the peer", fetch_by_libcurl};
}

}  // namespace parlab
