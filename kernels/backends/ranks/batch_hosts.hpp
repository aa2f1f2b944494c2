#pragma once

// Where a batch system or an mpirun of the user's has started this program: which machines it may
// use, and what stands in the way of starting ranks from here.

#include <string>
#include <string_view>
#include <vector>

#include "kernels/backends/ranks/rank_hosts.hpp"
#include "kernels/posix/process/program.hpp"

namespace parlab {

/// Machines of a job, and by what they are known; no hosts: this is no job.
struct AllottedHosts {
  std::string by = "";  // "SLURM_JOB_NODELIST"
  std::vector<RankHost> hosts = {};
};

/// From the variables of SLURM (a task is a slot; else each node has one) or PBS (a line of its file
/// is a slot). Throws UsageError where they cannot be read, and in a job of Flux, which keeps its
/// hosts for itself, with what to do.
AllottedHosts allotted_hosts();

/// SLURM's "a[1-3,07],b" as names. Throws UsageError.
std::vector<std::string> slurm_nodes(std::string_view text);

/// SLURM's "2(x3),1": 2, 2, 2, 1. Throws UsageError.
std::vector<int> slurm_counts(std::string_view text);

/// Throws UsageError where an mpirun or srun of the user's has started several of this program: each
/// of them would start ranks.
void require_one_start();

/// Variables by which an mpirun that has started this program would mislead one started from it,
/// without values.
Variables outer_mpirun_variables();

}  // namespace parlab
