#include "experiments/doctor/network_parts.hpp"

namespace parlab {
namespace {

#ifdef PARLAB_HAS_NETWORK
constexpr bool has_network = true;
#else
constexpr bool has_network = false;
#endif
#ifdef PARLAB_HAS_BOOST_CONTEXT
constexpr bool has_stacks = true;
#else
constexpr bool has_stacks = false;
#endif
#ifdef PARLAB_HAS_CURL
constexpr bool has_curl = true;
#else
constexpr bool has_curl = false;
#endif
#ifdef PARLAB_HAS_IDN2
constexpr bool has_idn = true;
#else
constexpr bool has_idn = false;
#endif
#ifdef PARLAB_HAS_CRAWLER
constexpr bool has_crawler = true;
#else
constexpr bool has_crawler = false;
#endif

}  // namespace

std::vector<NetworkPart> network_parts() {
  return {
      {"network", "experiments event_loop, http_clients, overlap; parlab serve", has_network,
       "libboost-dev"},
      {"stackful", "the stackful variant of event_loop and http_clients", has_stacks,
       "libboost-context-dev"},
      {"libcurl", "the peer in http_clients", has_curl, "libcurl4-openssl-dev"},
      {"crawler", "parlab crawl", has_crawler,
       "libboost-dev, libssl-dev, zlib1g-dev and libsqlite3-dev"},
      {"idn", "hosts beyond ASCII in parlab crawl", has_idn, "libidn2-dev"},
  };
}

}  // namespace parlab
