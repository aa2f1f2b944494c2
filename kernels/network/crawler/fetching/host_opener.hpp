#pragma once

// What comes before a host's first page: its address, its robots.txt, and the sitemaps that this names.

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "kernels/network/crawler/fetching/fetcher.hpp"

namespace parlab {

class HostOpener {
 public:
  /// Waits until a time; returns false where the crawl is to end before.
  using Pause = std::function<Awaitable<bool>(Host::Clock::time_point)>;
  /// A page that a sitemap names.
  using Found = std::function<void(const Address&)>;

  HostOpener(const CrawlOptions& options, Fetcher& fetcher, Pause pause, Found found)
      : options_(options), fetcher_(fetcher), pause_(std::move(pause)), found_(std::move(found)) {}

  /// Sets what is known of the host, host.error where none of its pages can be fetched. Requests keep
  /// the host's delay. Returns false where the crawl is to end before.
  Awaitable<bool> open(Host& host, Address address);

 private:
  Awaitable<bool> read_robots(Host& host, Address address);
  Awaitable<bool> read_sitemaps(Host& host, Address robots);
  /// GET that follows redirects, to other hosts too; no connection where the crawl is to end.
  Awaitable<Answer> follow(Host& host, Address address);
  void keep(Host& host, Answer& answer);
  void take_robots(Host& host, Answer& answer) const;

  const CrawlOptions& options_;
  Fetcher& fetcher_;
  Pause pause_;
  Found found_;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace parlab
