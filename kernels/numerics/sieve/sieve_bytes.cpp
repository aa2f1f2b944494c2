#include "kernels/numerics/sieve/sieve_bytes.hpp"

#include <bit>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/sieve/sieve_bytes.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void and_all(std::uint8_t* bytes, std::size_t size, const PatternPointers& patterns, bool keep) {
  const hn::ScalableTag<std::uint8_t> tag;
  const std::size_t step = hn::Lanes(tag);
  const auto [p0, p1, p2, p3, p4, p5, p6, p7] = patterns;
  std::size_t i = 0;
  for (; i + step <= size; i += step) {
    const auto a = hn::And(hn::And(hn::LoadU(tag, p0 + i), hn::LoadU(tag, p1 + i)),
                           hn::And(hn::LoadU(tag, p2 + i), hn::LoadU(tag, p3 + i)));
    const auto b = hn::And(hn::And(hn::LoadU(tag, p4 + i), hn::LoadU(tag, p5 + i)),
                           hn::And(hn::LoadU(tag, p6 + i), hn::LoadU(tag, p7 + i)));
    const auto all = hn::And(a, b);
    hn::StoreU(keep ? hn::And(all, hn::LoadU(tag, bytes + i)) : all, tag, bytes + i);
  }
  for (; i < size; ++i) {
    const int all = p0[i] & p1[i] & p2[i] & p3[i] & p4[i] & p5[i] & p6[i] & p7[i];
    bytes[i] = static_cast<std::uint8_t>(keep ? all & bytes[i] : all);
  }
}

std::uint64_t count_all(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t count = 0;
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::uint64_t> tag;
  const hn::Repartition<std::uint8_t, decltype(tag)> byte_tag;
  const std::size_t step = hn::Lanes(byte_tag);
  auto sum = hn::Zero(tag);
  while (i + step <= size) {
    // A byte counts at most 8 a step: 31 steps fit before it must be widened.
    auto byte_sum = hn::Zero(byte_tag);
    for (int steps = 0; steps < 31 && i + step <= size; ++steps, i += step)
      byte_sum = hn::Add(byte_sum, hn::PopulationCount(hn::LoadU(byte_tag, bytes + i)));
    sum = hn::Add(sum, hn::SumsOf8(byte_sum));
  }
  count = hn::GetLane(hn::SumOfLanes(tag, sum));
#endif
  for (; i < size; ++i) count += static_cast<std::uint64_t>(std::popcount(bytes[i]));
  return count;
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(and_all);
HWY_EXPORT(count_all);

}  // namespace

void and_patterns(std::uint8_t* bytes, std::size_t size, const PatternPointers& patterns,
                  bool keep) {
  HWY_DYNAMIC_DISPATCH(and_all)(bytes, size, patterns, keep);
}

std::uint64_t count_bits(const std::uint8_t* bytes, std::size_t size) {
  return HWY_DYNAMIC_DISPATCH(count_all)(bytes, size);
}

}  // namespace parlab
#endif  // HWY_ONCE
