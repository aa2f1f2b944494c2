#pragma once

// A kernel of the user's, from one C++ file: how it is compiled, kept and called.
//
// The file says, in whatever form C++ allows (constant or variable, function or lambda):
//
//   size       how many indices there are
//   kernel     what index i gives, kernel(i), or what indices begin to end give, kernel(begin, end)
//   expected   optional: the right answer, found by another way
//
// What the kernel gives is added up, as double where it is a floating-point number, else as a whole
// number of 64 bits. Its code runs in processes of its own only: a crash is that process's end.

#include <filesystem>
#include <string>

#include "experiments/experiment.hpp"

namespace parlab {

/// What was compiled, and what it says of itself.
struct OwnKernel {
  enum class Type { whole, signed_whole, real };

  std::filesystem::path library;  // a shared library below the user's cache folder
  std::uint64_t size = 0;         // indices, at least 1
  Type type = Type::whole;        // of its partials
  bool has_expected = false;
};

/// Compiles a file by $CXX (else c++) with more flags, words as in a shell; once, for as long as
/// the file, what it includes, the flags and the compiler stay the same. The newest 100 are kept.
/// Throws UsageError where the file cannot be read, does not compile (the compiler's messages are
/// on stderr then) or has no index; Interrupted.
OwnKernel compile_own_kernel(const std::filesystem::path& file, const std::string& flags);

/// Where compiled kernels are kept: $XDG_CACHE_HOME/parlab, else ~/.cache/parlab. Throws UsageError
/// where neither variable is set.
std::filesystem::path compiled_kernels_folder();

/// The calls of a compiled kernel, loaded for as long as the process lives.
class LoadedKernel {
 public:
  /// Throws std::runtime_error where the library cannot be loaded.
  explicit LoadedKernel(const OwnKernel& own);

  std::uint64_t whole(std::uint64_t begin, std::uint64_t end) const { return whole_(begin, end); }
  double real(std::uint64_t begin, std::uint64_t end) const { return real_(begin, end); }

  /// expected(), or else the kernel over all indices in one piece.
  Answer expected() const;
  /// Partials added up, as an answer. Throws std::runtime_error for a double that is not finite.
  Answer answer(std::uint64_t sum) const;
  static Answer answer(double sum);

 private:
  OwnKernel own_;
  std::uint64_t (*whole_)(std::uint64_t, std::uint64_t);
  double (*real_)(std::uint64_t, std::uint64_t);
  std::uint64_t (*whole_expected_)();
  double (*real_expected_)();
};

}  // namespace parlab
