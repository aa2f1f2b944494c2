// What the library is and has.

#include <string>

#include "kernels/backend_registry.hpp"
#include "kernels/bindings/parlab.h"
#include "kernels/kernel_registry.hpp"
#include "kernels/numerics/simd_level.hpp"

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

}  // namespace
}  // namespace parlab

extern "C" {

uint32_t parlab_abi_version(void) { return PARLAB_ABI_VERSION; }

const char* parlab_version(void) { return PARLAB_VERSION; }

const char* parlab_simd_level(void) {
  static const std::string level = parlab::simd_level();
  return level.c_str();
}

const char* parlab_backends(void) {
  static const std::string words = parlab::backend_words();
  return words.c_str();
}

const char* parlab_kernels(void) {
  static const std::string words = parlab::kernel_words();
  return words.c_str();
}
}
