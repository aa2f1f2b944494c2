// What the library is and has.

#include <string>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/kernel_registry.hpp"
#include "kernels/bindings/c/call.hpp"
#include "kernels/bindings/c/parlab.h"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/simd_level.hpp"

namespace parlab {
namespace {

void append(std::string& text, const std::string& word) {
  if (!text.empty()) text += ' ';
  text += word;
}

std::string backend_words() {
  std::string text;
  for (const BackendSpec& spec : parse_backends("all")) append(text, spec.label());
  return text;
}

std::string kernel_words() {
  std::string text;
  for (const KernelEntry& kernel : kernels())
    append(text, kernel.variant.empty() ? kernel.name : kernel.name + "/" + kernel.variant);
  return text;
}

/// What make() returns, made once; "" where there is no memory for it: no exception may leave.
template <std::string (*make)()>
const char* kept() noexcept {
  const char* text = "";
  guarded([&] {
    static const std::string words = make();
    text = words.c_str();
  });
  return text;
}

std::string simd_words() { return simd_level(); }

}  // namespace
}  // namespace parlab

extern "C" {

uint32_t parlab_abi_version(void) { return PARLAB_ABI_VERSION; }

const char* parlab_version(void) { return PARLAB_VERSION; }

const char* parlab_simd_level(void) { return parlab::kept<parlab::simd_words>(); }

int32_t parlab_processors(int32_t* numbers, int32_t room) {
  int32_t count = 0;
  parlab::guarded([&] {
    for (const int number : parlab::processors_without_openmp().numbers()) {
      if (numbers != nullptr && count < room) numbers[count] = number;
      ++count;
    }
  });
  return count;
}

const char* parlab_backends(void) { return parlab::kept<parlab::backend_words>(); }

const char* parlab_kernels(void) { return parlab::kept<parlab::kernel_words>(); }
}
