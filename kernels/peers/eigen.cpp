// Eigen, templates for linear algebra: its product of a sparse matrix and a vector, on the arrays
// that parlab's kernel reads.

#include "kernels/peers/peer.hpp"

#ifdef PARLAB_HAS_EIGEN
#include <fmt/format.h>

#include <Eigen/SparseCore>
#include <memory>

#include "kernels/numerics/sparse/sparse_system.hpp"
#endif

namespace parlab {
namespace {

#ifdef PARLAB_HAS_EIGEN

PeerRun multiply(const PeerInput& input) {
  const auto system = std::make_shared<SparseSystem>(
      SparseExample{input.range.size(), input.numbers[0], RowLengths::uneven});
  system->fill(input.range);
  return [system] {
    const SparseRows rows = system->matrix();
    const auto size = static_cast<Eigen::Index>(rows.rows);
    using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor, std::int32_t>;
    const Eigen::Map<const Matrix> matrix(size, size, rows.begins[rows.rows], rows.begins,
                                          rows.columns, rows.values);
    const Eigen::Map<const Eigen::VectorXd> x(system->x(), size);
    Eigen::Map<Eigen::VectorXd>(system->y(), size).noalias() = matrix * x;
    return mark_of_product(system->y(), rows.rows);
  };
}

#endif

const RegisterPeer registered{{
    .name = "Eigen",
    .what = "linear algebra in C++ templates",
#ifdef PARLAB_HAS_EIGEN
    .look =
        [] {
          return PeerState{fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION,
                                       EIGEN_MINOR_VERSION),
                           ""};
        },
    .methods = {{PeerTask::sparse_product, "Eigen", false, false, multiply}},
#else
    .look = [] { return not_built("libeigen3-dev"); },
    .methods = {},
#endif
}};

}  // namespace
}  // namespace parlab
