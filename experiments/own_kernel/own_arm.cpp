#include "experiments/own_kernel/own_arm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>

#include "experiments/own_kernel/loaded_kernel.hpp"
#include "experiments/own_kernel/reference_run.hpp"
#include "kernels/backends/search/search.hpp"

namespace parlab {
namespace {

/// Partials of one window, in bytes: they stay in a cache, or near it.
constexpr std::size_t window_bytes = std::size_t{1} << 22;

class OwnArm {
 public:
  OwnArm(const OwnPlan& plan, const Arm& arm, const Tolerance& of_arrays)
      : own_(plan.own),
        image_(plan.image),
        tile_(plan.tile),
        workers_(arm.executor.workers),
        tolerance_(of_arrays),
        kernel_(own_->library, own_->parameters),
        variant_(kernel_.variant(plan.variant)),
        chunking_({0, arm.workload.size}, arm.grain),
        partial_(variant_.partial_bytes) {
    if (variant_.role != own::Role::parallel) backend_ = make_backend(arm.executor);
    kernel_.prepare_once();
    kernel_.prepare();
    kernel_.require_arrays(own_->arrays);
    if (arm.executor.keeper != nullptr) {
      require_kept_arrays(arm.executor);
      if (variant_.partial_bytes != 0 && !own_->arrays.empty())
        before_ = checksum_of(kernel_.table());
      return;
    }
    if (arm.executor.backend == "processes") require_sharing();
    if (!shares_memory(arm.executor)) require_no_writes(arm.executor.backend);
  }

  bool prepares() const { return own_->has_prepare; }
  void prepare() { kernel_.prepare(); }

  void run() {
    if (variant_.role == own::Role::parallel)
      variant_.all(own_->size, workers_, partial_.data());
    else if (variant_.role == own::Role::search)
      search();
    else if (variant_.partial_bytes == 0)
      write();
    else
      fold();
  }

  Answer answer() const {
    // In pieces no serial run has told what the arrays should hold.
    const bool is_compared = !backend_ || backend_->keeper() == nullptr;
    if (is_compared)
      if (const auto other = difference(kernel_.table(), own_->arrays, image_->bytes(), tolerance_))
        throw std::runtime_error("wrong answer: " + *other);
    return variant_.partial_bytes == 0 ? written_answer(kernel_)
                                       : kernel_.answer(variant_, partial_.data());
  }

 private:
  /// A chunk: of indices, of rows, or of tiles.
  void compute(IndexRange range, std::byte* partial) const {
    const own::Stop stop{nullptr, 0};
    if (tile_.rows == 0) {
      variant_.part({range.begin, range.end, 0, own_->columns}, stop, partial);
      return;
    }
    PartialBytes one(variant_.partial_bytes);
    for (std::uint64_t tile = range.begin; tile < range.end; ++tile) {
      const bool first = tile == range.begin;
      variant_.part(part_of(tile), stop, first ? partial : one.data());
      if (!first && variant_.join != nullptr) variant_.join(partial, one.data());
    }
  }

  own::Part part_of(std::uint64_t tile) const {
    const std::uint64_t across = (own_->columns - 1) / tile_.columns + 1;
    const std::uint64_t row = tile / across * tile_.rows;
    const std::uint64_t column = tile % across * tile_.columns;
    return {row, row + std::min(tile_.rows, own_->size - row), column,
            column + std::min(tile_.columns, own_->columns - column)};
  }

  /// The chunks, for what they write: all, or the next ones that the backend's keeper asks for.
  void write() {
    FoldState state{{}, true};
    for (const own::Array& array : std::span(kernel_.table().arrays, own_->arrays.size()))
      state.parts.emplace_back(array.data, array.elements * array.element_bytes);
    const IndexRange chunks = next_chunks(state);
    if (!chunks.empty()) {
      const Chunking some({chunking_[chunks.begin].begin, chunking_[chunks.end - 1].end},
                          chunking_.grain());
      backend_->for_chunks(some, [&](IndexRange range) { compute(range, nullptr); });
    }
    if (FoldKeeper* const keeper = backend_->keeper()) keeper->end(state);
  }

  IndexRange next_chunks(const FoldState& state) const {
    FoldKeeper* const keeper = backend_->keeper();
    return keeper == nullptr ? IndexRange{0, chunking_.chunks()}
                             : keeper->begin(chunking_.chunks(), state);
  }

  /// As map_reduce, of partials whose type only the file knows: in the order of the chunks.
  void fold() {
    const std::size_t bytes = variant_.partial_bytes;
    const std::uint64_t together = std::clamp<std::uint64_t>(window_bytes / bytes, 64, window);
    const FoldState state{{std::span(partial_)}, true};
    const IndexRange chunks = next_chunks(state);
    slots_.resize(std::min(chunks.size(), together) * bytes);
    for (std::uint64_t first = chunks.begin; first < chunks.end; first += together) {
      const std::uint64_t count = std::min(together, chunks.end - first);
      backend_->run_chunks(count, slots_.data(), bytes, [&](std::uint64_t chunk, std::byte* slot) {
        compute(chunking_[first + chunk], slot);
      });
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::byte* slot = slots_.data() + i * bytes;
        if (first + i == 0)
          std::memcpy(partial_.data(), slot, bytes);
        else
          variant_.join(partial_.data(), slot);
      }
    }
    if (FoldKeeper* const keeper = backend_->keeper()) {
      if (!before_.empty() && checksum_of(kernel_.table()) != before_)
        throw std::runtime_error(
            fmt::format("{} returns a value and writes to arrays too: in pieces (--checkpoint) it "
                        "must do one of "
                        "the two",
                        variant_.name));
      before_.clear();  // the first piece tells
      keeper->end(state);
    }
  }

  void search() {
    lowest_.clear();
    const std::uint64_t hit =
        find_first(*backend_, chunking_, lowest_, [&](IndexRange range, SharedMinimum& lowest) {
          std::uint64_t found = not_found;
          variant_.part({range.begin, range.end, 0, 0}, {lowest.shared(), range.begin},
                        reinterpret_cast<std::byte*>(&found));
          return found;
        });
    std::memcpy(partial_.data(), &hit, sizeof(hit));
  }

  /// That what the kernel writes is seen where it is kept, without a serial run that tells what it is.
  void require_kept_arrays(const BackendSpec& executor) const {
    if (variant_.partial_bytes != 0) return;
    if (!shares_memory(executor)) require_no_writes(executor.backend);
    if (executor.backend != "processes") return;
    for (const OwnArray& array : own_->arrays)
      if (!array.is_shared)
        throw std::runtime_error(fmt::format(
            "{} may write to {}, which processes do not share: make it a parlab::array, as in "
            "`parlab::array<double> {}(size);`",
            variant_.name, array.name, array.name));
  }

  /// That the kernel writes to nothing but what processes share: what a serial run has changed.
  void require_sharing() const {
    std::vector<OwnArray> arrays = own_->arrays;
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      const own::Array& now = kernel_.table().arrays[i];
      const std::uint64_t bytes = arrays[i].bytes();
      if (!arrays[i].is_shared && bytes != 0 &&
          std::memcmp(now.data, image_->bytes().data() + at, bytes) != 0)
        throw std::runtime_error(fmt::format(
            "{} writes to {}, which processes do not share: make it a parlab::array, as in "
            "`parlab::array<double> {}(size);`",
            variant_.name, arrays[i].name, arrays[i].name));
      at += bytes;
    }
    if (arrays.empty() && variant_.partial_bytes == 0)
      throw std::runtime_error(fmt::format(
          "{} returns nothing, and processes do not share what it writes: make it a parlab::array, "
          "as in `parlab::array<double> z(size);`",
          variant_.name));
  }

  /// That a serial run has changed none of its arrays.
  void require_no_writes(const std::string& backend) const {
    if (variant_.partial_bytes == 0)
      throw std::runtime_error(fmt::format(
          "{} returns nothing, and workers of {} do not see what others write: return a value",
          variant_.name, backend));
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < own_->arrays.size(); ++i) {
      const own::Array& now = kernel_.table().arrays[i];
      const std::uint64_t bytes = own_->arrays[i].bytes();
      if (bytes != 0 && std::memcmp(now.data, image_->bytes().data() + at, bytes) != 0)
        throw std::runtime_error(fmt::format(
            "{} writes to {}, and workers of {} do not see what others write: return a value",
            variant_.name, own_->arrays[i].name, backend));
      at += bytes;
    }
  }

  std::shared_ptr<const OwnKernel> own_;
  std::shared_ptr<SharedImage> image_;
  Tile tile_;
  int workers_;
  Tolerance tolerance_;
  LoadedKernel kernel_;
  const own::Variant& variant_;
  Chunking chunking_;
  std::unique_ptr<Backend> backend_;
  PartialBytes partial_, slots_;
  std::string before_;  // checksum of the arrays before the first piece, where they may not change
  SharedMinimum lowest_;
};

}  // namespace

OpenedArm open_own_arm(const OwnPlan& plan, const Arm& arm, const Tolerance& of_arrays) {
  const auto own = std::make_shared<OwnArm>(plan, arm, of_arrays);
  OpenedArm opened([own]() -> Answer {
    own->run();
    return nullptr;
  });
  if (own->prepares()) opened.prepare = [own] { own->prepare(); };
  opened.conclude = [own] { return own->answer(); };
  return opened;
}

}  // namespace parlab
