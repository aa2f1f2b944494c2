// A shared array, its pages touched before, filled through the views of other libraries.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "experiments/sharing/overhead/overhead_task.hpp"
#include "kernels/sharing/memory/shared_array.hpp"
#ifdef PARLAB_HAS_EIGEN
#include "kernels/sharing/memory/eigen_view.hpp"
#endif
#ifdef PARLAB_HAS_XTENSOR
#include "kernels/sharing/memory/xtensor_view.hpp"
#if defined(__GNUC__) && !defined(__clang__)
// gcc 12 takes a vector of strides, which xtensor resizes to the dimensions, for one that shrinks.
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif
#endif

namespace parlab {
namespace {

constexpr std::uint64_t mebibytes = 64;  // beyond most caches; 2 to 3 ms
constexpr std::size_t rows = 1024;
constexpr std::size_t columns = mebibytes * (1 << 20) / sizeof(double) / rows;

/// Places looked at after each run: few, for looking takes time too.
constexpr std::uint64_t places = 64;

/// All 8 bytes the same, so that memset can write it.
double number_of(unsigned char byte) {
  std::array<unsigned char, sizeof(double)> bytes;
  bytes.fill(byte);
  return std::bit_cast<double>(bytes);
}

/// Each run fills with another number than the last, and counts the places that have it.
template <class Fill>
OpenedArm filled_by(const Fill& fill) {
  const auto array = std::make_shared<SharedArray<double>>(SharedArray<double>({rows, columns}));
  fill(*array, 1);
  if (!std::ranges::all_of(array->view(), [](double x) { return x == number_of(1); }))
    throw std::runtime_error("the array was not filled");
  return OpenedArm([=, byte = std::uint8_t{1}]() mutable -> Answer {
    byte = byte == 1 ? 2 : 1;
    fill(*array, byte);
    std::uint64_t right = 0;
    const std::size_t stride = array->size() / places;
    for (std::size_t i = stride - 1; i < array->size(); i += stride)
      right += (*array)[i] == number_of(byte) ? 1 : 0;
    return right;
  });
}

template <class Fill>
OverheadTask fill_task(const std::string& library, const Fill& fill) {
  return {.family = "fill_view",
          .name = "fill_" + library,
          .title = "a warm SharedArray of 64 MiB filled through its " + library + " view",
          .size = mebibytes,
          .unit = "MiB",
          .expected = places,
          .bound =
              "Each byte is written to memory once. Stores that bypass the caches, as the C "
              "library's of long stretches, spare reading it first.",
          .methods = {own_method([=](const RedisAddress&) { return filled_by(fill); }),
                      // Own speed at least 0.95 of its.
                      bare_method("memset", 1 / 0.95,
                                  [](const RedisAddress&) {
                                    return filled_by(
                                        [](const SharedArray<double>& array, std::uint8_t byte) {
                                          std::memset(array.data(), byte, array.bytes());
                                        });
                                  }),
                      bare_method("plain_loop", std::nullopt, [](const RedisAddress&) {
                        return filled_by([](const SharedArray<double>& array, std::uint8_t byte) {
                          std::ranges::fill(array.view(), number_of(byte));
                        });
                      })}};
}

}  // namespace

std::vector<OverheadTask> fill_tasks() {
  std::vector<OverheadTask> tasks;
#ifdef PARLAB_HAS_EIGEN
  tasks.push_back(fill_task("Eigen", [](const SharedArray<double>& array, std::uint8_t byte) {
    eigen_view(array).setConstant(number_of(byte));
  }));
#endif
#ifdef PARLAB_HAS_XTENSOR
  tasks.push_back(fill_task("xtensor", [](const SharedArray<double>& array, std::uint8_t byte) {
    xtensor_view(array).fill(number_of(byte));
  }));
#endif
  return tasks;
}

}  // namespace parlab
