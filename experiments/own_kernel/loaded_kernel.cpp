#include "experiments/own_kernel/loaded_kernel.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "kernels/backends/search/search.hpp"

namespace parlab {
namespace {

/// Numbers as they come: [1, 2.5].
struct Numbers {
  Answer list = Answer::array();
  double strange = 0;  // the last that is not finite

  own::Sink sink() {
    return {[](void* to, own::Kind kind, const void* number) {
              static_cast<Numbers*>(to)->add(kind, number);
            },
            this};
  }

  void add(own::Kind kind, const void* number) {
    if (kind == own::Kind::whole) {
      list.push_back(*static_cast<const std::uint64_t*>(number));
    } else if (kind == own::Kind::signed_whole) {
      list.push_back(*static_cast<const std::int64_t*>(number));
    } else {
      const double real = *static_cast<const double*>(number);
      if (!std::isfinite(real)) strange = real;
      list.push_back(real);
    }
  }

  Answer answer() const {
    if (!std::isfinite(strange))
      throw std::runtime_error(fmt::format("the answer {} {}, which cannot be compared",
                                           list.size() == 1 ? "is" : "holds", strange));
    return list.size() == 1 ? list[0] : list;
  }
};

/// The index that a search found.
Answer found(const Answer& index) { return index == not_found ? Answer("nothing found") : index; }

}  // namespace

LoadedKernel::LoadedKernel(const std::filesystem::path& library, const std::string& parameters) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the process has one thread yet
  setenv(own::parameters_variable, parameters.c_str(), 1);
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  fill_ = handle == nullptr
              ? nullptr
              : reinterpret_cast<void (*)(own::Table*)>(dlsym(handle, "parlab_own_table"));
  if (fill_ == nullptr)
    throw std::runtime_error(fmt::format("cannot load the compiled kernel: {}",
                                         dlerror()));  // NOLINT(concurrency-mt-unsafe)
  fill_(&table_);
}

void LoadedKernel::prepare_once() {
  if (table_.prepare_once == nullptr) return;
  table_.prepare_once();
  fill_(&table_);
}

void LoadedKernel::prepare() {
  if (table_.prepare == nullptr) return;
  table_.prepare();
  fill_(&table_);
}

void LoadedKernel::require_arrays(const std::vector<OwnArray>& arrays) const {
  for (std::size_t i = 0; i < table_.array_count; ++i)
    if (i >= arrays.size() || table_.arrays[i].elements != arrays[i].elements)
      throw std::runtime_error(
          fmt::format("{} has other elements each time it is prepared, so it cannot be compared",
                      i < arrays.size() ? arrays[i].name : "an array"));
}

Answer LoadedKernel::answer(const own::Variant& variant, const std::byte* partial) const {
  Numbers numbers;
  variant.numbers(partial, numbers.sink());
  return variant.role == own::Role::search ? found(numbers.answer()) : numbers.answer();
}

Answer LoadedKernel::told_answer() const {
  Numbers numbers;
  table_.answer(numbers.sink());
  return numbers.answer();
}

Answer LoadedKernel::expected(const own::Variant& of) const {
  if (table_.expected == nullptr) return nullptr;
  Numbers numbers;
  table_.expected(numbers.sink());
  if (table_.expected_is_written) return nullptr;
  Answer answer = numbers.answer();
  // "The end" is how a search says that it found nothing.
  if (of.role == own::Role::search && answer.is_number() && !(answer < table_.size))
    return found(not_found);
  return answer;
}

PartialBytes compute(const own::Variant& variant, const own::Part& part) {
  PartialBytes partial(variant.partial_bytes);
  const std::uint64_t none = not_found;
  variant.part(part, {&none, part.begin}, partial.data());
  return partial;
}

}  // namespace parlab
