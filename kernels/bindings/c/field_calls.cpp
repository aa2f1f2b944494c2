// Calls whose answers are arrays of two dimensions: Julia sets, diffusion.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/base/errors.hpp"
#include "kernels/bindings/c/array_checks.hpp"
#include "kernels/bindings/c/call.hpp"
#include "kernels/parallel/heat_rows.hpp"
#include "kernels/parallel/julia_rows.hpp"

namespace parlab {
namespace {

/// Where a call writes: the caller's array, or shared memory of its shape that finish() copies
/// there, where workers are processes and the array is not shared with them.
template <class Cell>
class Target {
 public:
  Target(const parlab_backend& handle, const parlab_array& array) : array_(rows_of<Cell>(array)) {
    if (!handle.forks() || array.shared != 0) return;
    stage_ = std::make_unique<SharedMapping>(array_.rows * array_.columns * sizeof(Cell));
  }
  Rows<Cell> rows() const {
    if (!stage_) return array_;
    return {reinterpret_cast<Cell*>(stage_->data()), array_.rows, array_.columns, array_.columns};
  }
  void finish() const {
    if (!stage_) return;
    const Rows<Cell> staged = rows();
    for (std::uint64_t row = 0; row < array_.rows; ++row)
      std::copy_n(staged[row], array_.columns, array_[row]);
  }

 private:
  Rows<Cell> array_;
  std::unique_ptr<SharedMapping> stage_;
};

void require_finite(double value, const char* name) {
  if (!std::isfinite(value))
    throw UsageError(fmt::format("{} is {}: give a finite number", name, value));
}

std::uint64_t draw(const parlab_backend& handle, Backend& backend, const JuliaImage& image,
                   JuliaKernel kernel, const parlab_array& out, std::uint64_t grain) {
  if (image.pixels() == 0) return 0;
  const Target<std::uint32_t> target(handle, out);
  const Rows<std::uint32_t> rows = target.rows();
  const Chunking chunking({0, image.pixels()},
                          handle.grain_for(grain, image.pixels(), julia_grain(image)));
  const std::uint64_t steps =
      draw_julia(backend, chunking, image, kernel, {rows.cells, rows.stride});
  target.finish();
  return steps;
}

void diffuse_arrays(const parlab_backend& handle, Backend& backend, const DiffusionVariant& variant,
                    const parlab_array& from, const parlab_array& to, double rate, Edges edges,
                    std::uint64_t steps, int depth, std::uint64_t grain) {
  const ConstPlate first = rows_of<const double>(from);
  const Target<double> target(handle, to);
  const Plate last = target.rows();
  if (first.rows * first.columns == 0) return;
  if (steps == 0) {
    for (std::uint64_t row = 0; row < first.rows; ++row)
      std::copy_n(first[row], first.columns, last[row]);
    target.finish();
    return;
  }
  // Only where workers are processes must it be shared: pages of shared memory are slow to get.
  const std::uint64_t cells =
      steps > static_cast<std::uint64_t>(depth) ? first.rows * first.columns : 0;
  const SharedMapping shared(handle.forks() ? cells * sizeof(double) : 0);
  const auto own = std::make_unique_for_overwrite<double[]>(handle.forks() ? 0 : cells);
  double* memory = handle.forks() ? reinterpret_cast<double*>(shared.data()) : own.get();
  const Plate between{memory, first.rows, first.columns, first.columns};
  const Chunking chunking(
      {0, first.rows},
      handle.grain_for(grain, first.rows, heat_grain(first.rows, depth, handle.workers())));
  spread_heat(backend, chunking, variant, first, between, last, rate, edges, steps, depth);
  target.finish();
}

}  // namespace
}  // namespace parlab

using parlab::guarded;
using parlab::required;

extern "C" {

parlab_status parlab_julia(parlab_backend* backend, const parlab_array* out, double left,
                           double top, double step, double c_real, double c_imaginary,
                           uint32_t max_steps, const char* variant, uint64_t grain,
                           uint64_t* total_steps) {
  return guarded([&] {
    const parlab_array& picture = required(out, "out");
    parlab::check_array(picture, "out", PARLAB_UINT32, 2, parlab::Access::writes);
    for (const auto& [value, name] : {std::pair{left, "left"},
                                      {top, "top"},
                                      {step, "step"},
                                      {c_real, "c_real"},
                                      {c_imaginary, "c_imaginary"}})
      parlab::require_finite(value, name);
    const parlab::JuliaKernel kernel =
        parlab::julia_variant(variant == nullptr ? "simd" : variant).count_steps;
    const parlab::JuliaImage image{.width = static_cast<std::uint64_t>(picture.shape[1]),
                                   .height = static_cast<std::uint64_t>(picture.shape[0]),
                                   .left = left,
                                   .top = top,
                                   .step = step,
                                   .c_real = c_real,
                                   .c_imaginary = c_imaginary,
                                   .max_steps = max_steps};
    required(backend, "backend").run([&](parlab::Backend& who) {
      const std::uint64_t steps = parlab::draw(*backend, who, image, kernel, picture, grain);
      if (total_steps != nullptr) *total_steps = steps;
    });
  });
}

parlab_status parlab_diffusion(parlab_backend* backend, const parlab_array* from,
                               const parlab_array* to, double rate, uint64_t steps, int32_t depth,
                               const char* variant, uint64_t grain) {
  return parlab_diffusion_with_edges(backend, from, to, rate, steps, depth, "fixed", variant,
                                     grain);
}

parlab_status parlab_diffusion_with_edges(parlab_backend* backend, const parlab_array* from,
                                          const parlab_array* to, double rate, uint64_t steps,
                                          int32_t depth, const char* edges, const char* variant,
                                          uint64_t grain) {
  return guarded([&] {
    const parlab_array& first = required(from, "from");
    const parlab_array& last = required(to, "to");
    parlab::check_array(first, "from", PARLAB_FLOAT64, 2, parlab::Access::reads);
    parlab::check_array(last, "to", PARLAB_FLOAT64, 2, parlab::Access::writes);
    if (first.shape[0] != last.shape[0] || first.shape[1] != last.shape[1])
      throw parlab::UsageError(fmt::format("from is {} x {}, to is {} x {}: give one shape",
                                           first.shape[0], first.shape[1], last.shape[0],
                                           last.shape[1]));
    parlab::check_apart(first, "from", last, "to");
    parlab::require_finite(rate, "rate");
    const auto at_edges = parlab::edges_named(edges == nullptr ? "fixed" : edges);
    const auto kernel = parlab::diffusion_variant(variant == nullptr ? "tiled" : variant);
    if (!kernel.diffuses)
      throw parlab::UsageError("variant '" + kernel.name + "' only copies: choose tiled or simd");
    if (depth < 0 || depth > parlab::max_steps_per_sweep)
      throw parlab::UsageError(
          fmt::format("depth must be 0 to {}, not {}", parlab::max_steps_per_sweep, depth));
    const int steps_per_sweep =
        std::min(depth == 0 ? parlab::default_depth : depth, kernel.max_steps);
    required(backend, "backend").run([&](parlab::Backend& who) {
      parlab::diffuse_arrays(*backend, who, kernel, first, last, rate, at_edges, steps,
                             steps_per_sweep, grain);
    });
  });
}
}
