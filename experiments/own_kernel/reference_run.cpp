#include "experiments/own_kernel/reference_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "experiments/base/json_text.hpp"
#include "experiments/own_kernel/loaded_kernel.hpp"
#include "kernels/base/index_range.hpp"

namespace parlab {
namespace {

/// Parts that the range is split into: none that a power of two or ten is a multiple of, so that
/// they end where vectors do not.
constexpr std::uint64_t parts = 7;

/// Arrays above it, in bytes, are not watched for elements that two parts write: copies of them may
/// not fit.
constexpr std::uint64_t max_watched = std::uint64_t{1} << 28;

class ReferenceRun {
 public:
  ReferenceRun(const OwnKernel& own, std::size_t variant, SharedImage& image,
               const Tolerance& tolerance)
      : own_(own),
        kernel_(own.library, own.parameters),
        variant_(kernel_.variant(variant)),
        image_(image),
        tolerance_(tolerance) {}

  /// What the variant gives in one piece, the first time.
  Answer answer_in_one_piece() {
    kernel_.prepare_once();
    kernel_.prepare();
    kernel_.require_arrays(own_.arrays);
    return in_one_piece(variant_);
  }
  void save() { image_.save(kernel_.table()); }
  void require_image(const char* how) const { require_image(variant_, how); }

  Answer run() {
    kernel_.prepare_once();
    const own::Variant& first = reference_variant();
    kernel_.prepare();
    kernel_.require_arrays(own_.arrays);
    const ArrayBytes before = copy_of(kernel_.table());
    const Answer expected = kernel_.expected(first);
    const bool is_written = own_.has_expected && kernel_.table().expected_is_written;
    if (is_written) {
      image_.save(kernel_.table());
      begin_again(before);
    }
    Answer answer = in_one_piece(first);
    if (const auto strange = strange_number(kernel_.table(), own_.arrays, before))
      throw std::runtime_error(*strange);
    if (is_written)
      require_image(first, "in one piece");
    else
      image_.save(kernel_.table());
    // Where that is another one, the arms tell.
    if (!expected.is_null()) answer = expected;
    if (&variant_ != &first && variant_.role != own::Role::parallel) {
      begin_again(before);
      const Answer other = in_one_piece(variant_);
      require_image(variant_, "in one piece");
      const bool is_checked = variant_.partial_bytes == 0 && !own_.has_answer;
      if (!is_checked && !agree(other, answer, tolerance_))
        throw std::runtime_error(
            fmt::format("{} answers {}, {} {}", variant_.name, told_answer(other),
                        expected.is_null() ? first.name : "expected()", told_answer(answer)));
    }
    if (variant_.role == own::Role::kernel) check_parts(before);
    return answer;
  }

 private:
  /// The first of the variant's kind, which the others are checked against; a function that does
  /// all by itself is checked against a kernel or search, if there is one.
  const own::Variant& reference_variant() const {
    const own::Table& table = kernel_.table();
    std::vector<own::Role> roles = {variant_.role};
    if (variant_.role == own::Role::parallel)
      roles = {own::Role::kernel, own::Role::search, own::Role::parallel};
    for (const own::Role role : roles)
      for (std::size_t i = 0; i < table.variant_count; ++i)
        if (table.variants[i].role == role) return table.variants[i];
    return variant_;
  }

  Answer in_one_piece(const own::Variant& variant) const {
    PartialBytes partial(variant.partial_bytes);
    if (variant.role == own::Role::parallel)
      variant.all(own_.size, 1, partial.data());
    else
      partial = compute(variant, {0, own_.size, 0, own_.columns});
    return answer_of(variant, partial);
  }

  Answer answer_of(const own::Variant& variant, const PartialBytes& partial) const {
    return variant.partial_bytes == 0 ? written_answer(kernel_)
                                      : kernel_.answer(variant, partial.data());
  }

  void require_image(const own::Variant& variant, const char* how) const {
    if (const auto other = difference(kernel_.table(), own_.arrays, image_.bytes(), tolerance_))
      throw std::runtime_error(fmt::format("{} {}: {}", variant.name, how, *other));
  }

  /// Puts the arrays to what they were before the first run.
  void begin_again(const ArrayBytes& before) {
    restore(kernel_.table(), before);
    kernel_.prepare();
  }

  /// What each part gives, in the order of the parts, whichever is run first.
  std::vector<Answer> in_parts(bool backwards, ChangeWatch* watch) const {
    const Chunking chunking({0, own_.size}, (own_.size - 1) / parts + 1);
    std::vector<Answer> answers(chunking.chunks());
    for (std::uint64_t i = 0; i < chunking.chunks(); ++i) {
      const std::uint64_t chunk = backwards ? chunking.chunks() - 1 - i : i;
      const IndexRange range = chunking[chunk];
      const PartialBytes partial = compute(variant_, {range.begin, range.end, 0, own_.columns});
      if (variant_.partial_bytes != 0) answers[chunk] = kernel_.answer(variant_, partial.data());
      if (watch == nullptr) continue;
      if (const auto twice = watch->overlap())
        throw std::runtime_error(fmt::format(
            "{}: {}, so workers race for it: write only elements of the own part, or return a "
            "partial result",
            variant_.name, *twice));
    }
    return answers;
  }

  void check_parts(const ArrayBytes& before) {
    const own::Table& table = kernel_.table();
    if (table.prepare == nullptr && !own_.arrays.empty()) {
      in_one_piece(variant_);
      if (const auto other = difference(table, own_.arrays, image_.bytes(), tolerance_))
        throw std::runtime_error(
            fmt::format("{} run a second time: {}; set the arrays in `void prepare()`, which is "
                        "called before each run",
                        variant_.name, *other));
    }
    begin_again(before);
    std::vector<Answer> forwards;
    if (!own_.arrays.empty() && own_.array_bytes() <= max_watched && !own_.uses_atomics) {
      ChangeWatch watch(table, own_.arrays);
      forwards = in_parts(false, &watch);
    } else {
      forwards = in_parts(false, nullptr);
    }
    require_image(variant_, fmt::format("in {} parts", forwards.size()).c_str());
    begin_again(before);
    const std::vector<Answer> backwards = in_parts(true, nullptr);
    require_image(variant_, fmt::format("in {} parts from the last to the first, so it depends on "
                                        "their order",
                                        forwards.size())
                                .c_str());
    for (std::size_t i = 0; i < forwards.size(); ++i)
      if (forwards[i] != backwards[i])
        throw std::runtime_error(fmt::format(
            "{} depends on the order of its parts: part {} of {} gives {} after those before it, "
            "{} after those behind it",
            variant_.name, i + 1, forwards.size(), told_answer(forwards[i]),
            told_answer(backwards[i])));
  }

  const OwnKernel& own_;
  LoadedKernel kernel_;
  const own::Variant& variant_;
  SharedImage& image_;
  Tolerance tolerance_;
};

}  // namespace

Answer reference_run(const OwnKernel& own, std::size_t variant, SharedImage& image,
                     const Tolerance& tolerance) {
  return ReferenceRun(own, variant, image, tolerance).run();
}

void require_same_build(const OwnKernel& own, const OwnKernel& first, std::size_t variant,
                        const Tolerance& of_arrays, const Tolerance& of_answers) {
  const Tolerance of_written = of_arrays.exact() ? Tolerance{1e-5, 0} : of_arrays;
  SharedImage image(first.array_bytes());
  Answer right;
  {
    ReferenceRun run(first, variant, image, of_arrays);
    right = run.answer_in_one_piece();
    run.save();
  }
  ReferenceRun run(own, variant, image, of_written);
  const Answer answer = run.answer_in_one_piece();
  run.require_image("built otherwise than the first");
  const bool is_checksum = own.variants[variant].partial_bytes == 0 && !own.has_answer;
  if (!is_checksum && !agree(answer, right, of_answers))
    throw std::runtime_error(fmt::format("{} answers {}, the first build {}",
                                         own.variants[variant].name, told_answer(answer),
                                         told_answer(right)));
}

bool agree(const Answer& answer, const Answer& right, const Tolerance& tolerance) {
  if (answer == right) return true;
  if (answer.is_array() && right.is_array())
    return std::ranges::equal(
        answer, right, [&](const Answer& a, const Answer& b) { return agree(a, b, tolerance); });
  if (!answer.is_number() || !right.is_number()) return false;
  if (!answer.is_number_float() && !right.is_number_float()) return false;
  return tolerance.allows(answer.get<double>(), right.get<double>());
}

Answer written_answer(const LoadedKernel& kernel) {
  return kernel.table().answer != nullptr ? kernel.told_answer()
                                          : Answer(checksum_of(kernel.table()));
}

}  // namespace parlab
