#include "kernels/backends/ranks/rank_hosts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <numeric>
#include <sstream>
#include <string_view>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/static_share.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// Name and number, "h1:2".
RankHost host_of(const std::string& option, std::string_view text, char separator) {
  const auto colon = text.rfind(separator);
  RankHost host{std::string(text.substr(0, colon)), 1};
  if (colon != std::string_view::npos) {
    const std::string_view number = text.substr(colon + 1);
    const auto read = std::from_chars(number.data(), number.data() + number.size(), host.slots);
    if (read.ec != std::errc{} || read.ptr != number.data() + number.size() || host.slots < 1 ||
        host.slots > max_workers)
      throw UsageError(fmt::format("{}: '{}' has no number of ranks from 1 to {} behind the '{}'",
                                   option, text, max_workers, separator));
  }
  const auto is_odd = [](char c) {
    return c <= ' ' || c == ',' || c == ':' || c == '\'' || c == '"';
  };
  if (host.name.empty() || host.name.front() == '-' || std::ranges::any_of(host.name, is_odd))
    throw UsageError(
        fmt::format("{}: '{}' does not name a host; write HOST or HOST:RANKS", option, text));
  return host;
}

void add_host(const std::string& option, std::vector<RankHost>& hosts, RankHost host) {
  if (std::ranges::find(hosts, host.name, &RankHost::name) != hosts.end())
    throw UsageError(fmt::format("{}: host {} appears twice; give the number of its ranks, {}:2",
                                 option, host.name, host.name));
  hosts.push_back(std::move(host));
}

/// The bytes of an address of IP without its port; "" of another kind.
std::string_view address_bytes(const sockaddr* address) {
  if (address != nullptr && address->sa_family == AF_INET)
    return {reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr),
            sizeof(in_addr)};
  if (address != nullptr && address->sa_family == AF_INET6)
    return {
        reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr),
        sizeof(in6_addr)};
  return {};
}

}  // namespace

std::vector<RankHost> parse_rank_hosts(const std::string& option, const std::string& text) {
  std::vector<RankHost> hosts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    add_host(option, hosts,
             host_of(option, std::string_view(text).substr(begin, end - begin), ':'));
    begin = end + 1;
  }
  return hosts;
}

std::vector<RankHost> read_rank_hosts(const std::string& option, const std::string& path) {
  std::ifstream file(path);
  if (!file) throw UsageError(fmt::format("{} {}: it cannot be read", option, path));
  const std::string where = fmt::format("{} {}", option, path);
  std::vector<RankHost> hosts;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name, slots, more;
    if (!(words >> name)) continue;
    if (words >> slots) {
      if (!slots.starts_with("slots=") || words >> more)
        throw UsageError(fmt::format("{} {}: '{}' is not HOST, HOST:RANKS or HOST slots=RANKS",
                                     option, path, line));
      (name += ':') += slots.substr(6);
    }
    add_host(where, hosts, host_of(where, name, ':'));
  }
  if (hosts.empty()) throw UsageError(fmt::format("{} {}: it names no host", option, path));
  return hosts;
}

std::string host_list(const std::vector<RankHost>& hosts) {
  std::vector<std::string> words;
  for (const RankHost& host : hosts) words.push_back(fmt::format("{}:{}", host.name, host.slots));
  return fmt::format("{}", fmt::join(words, ","));
}

int all_slots(const std::vector<RankHost>& hosts) {
  return std::accumulate(hosts.begin(), hosts.end(), 0,
                         [](int sum, const RankHost& host) { return sum + host.slots; });
}

RankLayout rank_layout(int workers, const std::vector<RankHost>& hosts, int ranks_per_host) {
  RankLayout layout;
  const auto place = [&](int count) {  // of the workers, on one host
    const int ranks = ranks_per_host == 0 ? count : std::min(count, ranks_per_host);
    for (int rank = 0; rank < ranks; ++rank)
      layout.threads.push_back(static_cast<int>(static_share(static_cast<std::uint64_t>(count),
                                                             static_cast<std::uint64_t>(ranks),
                                                             static_cast<std::uint64_t>(rank))
                                                    .size()));
    return ranks;
  };
  if (hosts.empty()) place(workers);
  for (const RankHost& host : hosts) {
    const int count = std::min(workers, host.slots);
    if (count > 0) layout.hosts.push_back({host.name, place(count)});
    workers -= count;
  }
  return layout;
}

std::string threads_backend(const std::string& backend) {
  const auto plus = backend.find('+');
  return plus == std::string::npos ? "" : backend.substr(plus + 1);
}

void require_slots(int workers, const std::vector<RankHost>& hosts) {
  if (hosts.empty() || all_slots(hosts) >= workers) return;
  throw UsageError(fmt::format(
      "--workers {}: the hosts take {}; write more behind a host, as in {}:{}", workers,
      all_slots(hosts), hosts.front().name, hosts.front().slots + workers - all_slots(hosts)));
}

bool is_this_machine(const std::string& name) {
  std::array<char, 256> own{};
  if (name == "localhost" ||
      (gethostname(own.data(), own.size() - 1) == 0 && name == std::string_view(own.data())))
    return true;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> interfaces(first, freeifaddrs);
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next)
    for (const ifaddrs* interface = first; interface != nullptr; interface = interface->ifa_next)
      if (const auto bytes = address_bytes(interface->ifa_addr);
          !bytes.empty() && bytes == address_bytes(address->ai_addr))
        return true;
  return false;
}

}  // namespace parlab
