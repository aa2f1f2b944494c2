#pragma once

// Before ranks are started on other machines: whether these are there, and would run the same
// parlab on the same MPI. What they would fail by later, in the middle of a start, is told here by
// host, in one line.

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/backends/ranks/rank_hosts.hpp"

namespace parlab {

/// What ranks in this process would be, in a line that others find among whatever a login prints:
/// `build`, `simd`, and `mpi`, the library, or `mpi_failure`, why there is none. Where `lifeline` is
/// not empty and cannot be connected to (connect_lifeline()), `way_failure` says why.
std::string rank_facts_line(const std::string& lifeline);

/// Asks this machine, and each of the hosts by the launch agent (launch_agent()), all at once: what
/// `PROGRAM rank-facts` prints there. Returns of each host `name`, `slots`, `simd` and `mpi`; a SIMD
/// level may differ. Throws UsageError, which begins with `option`, where there is no mpirun, where a
/// host cannot be reached or does not reach this machine, has no parlab in the same place or another
/// build, or where two MPIs differ. Writes nothing.
nlohmann::json check_rank_hosts(const std::string& option, const std::vector<RankHost>& hosts);

}  // namespace parlab
