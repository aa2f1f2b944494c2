#pragma once

// How ranks are started: by mpirun, which parlab starts itself; on this machine, on hosts that are
// named, or on those that a batch system has allotted.

#include <string>
#include <string_view>
#include <vector>

#include "kernels/posix/process/program.hpp"

namespace parlab {

/// A machine, and how many ranks it takes.
struct RankHost {
  std::string name;
  int slots = 1;

  friend bool operator==(const RankHost&, const RankHost&) = default;
};

/// Reads "h1:2,h2:2"; a host without a number has one slot. Throws UsageError.
std::vector<RankHost> parse_rank_hosts(const std::string& option, const std::string& text);

/// Reads a file of lines "h1", "h1 slots=2" or "h1:2"; # begins a comment. Throws UsageError.
std::vector<RankHost> read_rank_hosts(const std::string& option, const std::string& path);

/// Whose mpirun it is: they take other options.
enum class Mpirun { open_mpi, hydra };

/// Throws UsageError where there is no mpirun, or where the hosts have fewer slots than `ranks`.
void require_ranks(int ranks, const std::vector<RankHost>& hosts);

/// mpirun, with what it needs to start `words` in so many ranks; without hosts, where the batch
/// system says, else here. `exported`: variables that ranks on other hosts need. Throws UsageError
/// as require_ranks().
Program rank_program(int ranks, const std::vector<RankHost>& hosts,
                     const std::vector<std::string>& words,
                     const std::vector<std::string>& exported);

/// In a line, why ranks ended that were to go on: from what mpirun, and the ranks, wrote to stderr.
std::string why_ranks_ended(std::string_view written, const ExitStatus& status);

}  // namespace parlab
