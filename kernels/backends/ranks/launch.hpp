#pragma once

// How ranks are started: by mpirun, which parlab starts itself; on this machine, or on hosts that
// are named, or that a batch system has allotted (batch_hosts.hpp).

#include <string>
#include <string_view>
#include <vector>

#include "kernels/backends/ranks/lifeline.hpp"
#include "kernels/backends/ranks/rank_hosts.hpp"
#include "kernels/posix/process/program.hpp"

namespace parlab {

/// Whose mpirun it is: they take other options.
enum class Mpirun { open_mpi, hydra };

/// That of the MPI that parlab was built with, or the user's (PARLAB_MPIRUN). Throws UsageError where
/// there is none.
struct FoundMpirun {
  std::string file;
  Mpirun kind;
};
FoundMpirun find_mpirun();

/// The words before a host's name that start a command there: PARLAB_RSH, else what Open MPI is told
/// by its own variable, else srun's in a job of SLURM, else ssh. Words are split at blanks.
std::vector<std::string> launch_agent();

/// mpirun, with what it needs to start `words` in so many ranks; without hosts here. `exported`: variables that ranks on other hosts need. Throws UsageError
/// as require_ranks().
Program rank_program(int ranks, const std::vector<RankHost>& hosts,
                     const std::vector<std::string>& words,
                     const std::vector<std::string>& exported);

/// In a line, why ranks ended that were to go on: from what mpirun, and the ranks, wrote to stderr;
/// where that names no rank and no host, from the connections that have ended.
std::string why_ranks_ended(std::string_view written, const ExitStatus& status,
                            const std::vector<LostRank>& lost);

/// The same where mpirun has said nothing: from connections that have ended, which must be some.
std::string why_ranks_were_lost(const std::vector<LostRank>& lost);

}  // namespace parlab
