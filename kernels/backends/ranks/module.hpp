#pragma once

// Between parlab and the module that it loads in ranks.

#include "kernels/backends/ranks/ranks.hpp"

namespace parlab {

/// Starts MPI in this process; the caller owns the result, whose destructor ends it.
using StartRanks = Ranks*();

inline constexpr char start_ranks_name[] = "parlab_start_ranks";

/// The library's name and version, before MPI is started, too; valid for ever.
using LibraryName = const char*();

inline constexpr char library_name_name[] = "parlab_mpi_library";

}  // namespace parlab
