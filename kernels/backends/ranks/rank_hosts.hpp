#pragma once

// Machines that ranks run on, as users name them.

#include <string>
#include <vector>

namespace parlab {

/// A machine, and how many workers it takes, each a rank or a thread of one.
struct RankHost {
  std::string name;
  int slots = 1;

  friend bool operator==(const RankHost&, const RankHost&) = default;
};

/// Reads "h1:2,h2:2"; a host without a number has one slot. Throws UsageError.
std::vector<RankHost> parse_rank_hosts(const std::string& option, const std::string& text);

/// Reads a file of lines "h1", "h1 slots=2" or "h1:2"; # begins a comment. Throws UsageError.
std::vector<RankHost> read_rank_hosts(const std::string& option, const std::string& path);

/// "h1:2,h2:2"
std::string host_list(const std::vector<RankHost>& hosts);

/// Workers that they take together.
int all_slots(const std::vector<RankHost>& hosts);

/// Ranks, and the threads in each.
struct RankLayout {
  std::vector<RankHost> hosts;  // ranks on each; none: as many as there are, here
  std::vector<int> threads;     // of each rank, in their order
};

/// So many workers over hosts, which are filled one after the other. ranks_per_host: so many ranks,
/// or fewer where there are no more workers, share what falls on their host as evenly as can be; 0:
/// each worker is a rank. Needs slots for all.
RankLayout rank_layout(int workers, const std::vector<RankHost>& hosts, int ranks_per_host);

/// What runs the threads of a rank: "openmp" of mpi+openmp; "" of mpi, whose ranks are the workers.
std::string threads_backend(const std::string& backend);

/// Throws UsageError where the hosts have fewer slots than workers; none: as many as one likes.
void require_slots(int workers, const std::vector<RankHost>& hosts);

/// Whether the name is one of this machine, by which nothing needs to be started elsewhere. Asks
/// the name service, which may take seconds.
bool is_this_machine(const std::string& name);

}  // namespace parlab
