#pragma once

// The right answer of a kernel file, and whether a kernel may be split: run in one piece, then in
// parts from the first to the last and from the last to the first, in a process with one thread.

#include <cstddef>

#include "experiments/base/experiment.hpp"
#include "experiments/own_kernel/array_image.hpp"
#include "experiments/own_kernel/loaded_kernel.hpp"
#include "experiments/own_kernel/own_kernel.hpp"

namespace parlab {

/// The right answer for a variant: what expected() of the file says, else what its first kernel
/// gives in one piece. What the arrays then hold is saved in `image`. Throws std::runtime_error
/// where the variant gives something else in one piece, cannot be run twice, writes outside its
/// part, or depends on the order of its parts.
Answer reference_run(const OwnKernel& own, std::size_t variant, SharedImage& image,
                     const Tolerance& tolerance);

/// That a variant of two builds of one file does the same in one piece: what is returned within
/// `of_answers`, what is written within `of_arrays`, or 1e-5 where that is exact, because other
/// flags round otherwise. Throws std::runtime_error where it does not.
void require_same_build(const OwnKernel& own, const OwnKernel& first, std::size_t variant,
                        const Tolerance& of_arrays, const Tolerance& of_answers);

/// Whether two answers agree: numbers that are not whole within the tolerance, all else exactly.
bool agree(const Answer& answer, const Answer& right, const Tolerance& tolerance);

/// What kernels of a file answer that return nothing: what its answer() says, else a checksum.
Answer written_answer(const LoadedKernel& kernel);

}  // namespace parlab
