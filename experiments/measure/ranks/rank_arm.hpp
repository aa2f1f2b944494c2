#pragma once

// An arm whose workers are ranks: all of them open the arm and make each run; rank 0 is asked for
// samples, and tells the others what comes next.

#include <cstdint>
#include <string>

#include "experiments/measure/race/arm_process.hpp"
#include "kernels/backends/ranks/lifeline.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/posix/process/program.hpp"

namespace parlab {

/// Serves the arm in this rank until rank 0 is told that no more samples are wanted, by the end of
/// its standard input; rank 0 answers on its standard output, in frames that relay_ranks() reads.
/// `version`: of this program; throws ChunkFailed where another rank has another.
void serve_rank(Ranks& ranks, const std::string& version, const ArmProcess::Open& open,
                std::uint64_t known_repeats, const SampleRules& rules);

/// Starts `program`, an mpirun of ranks that call serve_rank(), and stands between them and the
/// race's end of `socket`, until that is closed. Then no rank is left. Where the ranks end before,
/// or one of them is lost, an error in their place says why. `lifelines`: of ranks on other machines,
/// or null.
void relay_ranks(int socket, const Program& program, LifelineServer* lifelines);

}  // namespace parlab
