#pragma once

// A kernel of the user's, from one C++ file: how it is compiled and kept, and what it says of
// itself. experiments/README.md tells what a file may hold. Its code runs in processes apart from
// parlab's: a crash ends that process only.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/own_kernel/inside/kernel_table.hpp"

namespace parlab {

class InterruptionGuard;

/// A function of the file that is raced.
struct OwnVariant {
  std::string name;  // "kernel_simd"
  own::Role role = own::Role::kernel;
  std::uint64_t partial_bytes = 0;    // 0: it returns nothing
  own::Kind kind = own::Kind::bytes;  // of what it returns; bytes: a structure
};

/// A parlab::array of the file, or a variable that holds elements and may be written.
struct OwnArray {
  std::string name;
  bool is_shared = true;  // with processes: a parlab::array
  std::uint64_t elements = 0;
  std::uint32_t element_bytes = 0;
  own::Kind kind = own::Kind::bytes;

  std::uint64_t bytes() const { return elements * element_bytes; }
};

/// What was compiled, and what it says of itself where its parameters are set as they are.
struct OwnKernel {
  std::filesystem::path library;  // a shared library below the user's cache folder
  std::string parameters;         // that are set: "n=1000;rate=0.5;"
  std::uint64_t size = 0;         // indices, or rows; at least 1
  std::uint64_t columns = 0;      // 0: there are no rows and columns
  double bytes = 0, flops = 0;    // an index or cell; 0 where not told
  bool has_expected = false;
  bool has_answer = false;  // answer(), for kernels that return nothing
  bool has_prepare = false;
  bool uses_atomics = false;  // so that two parts may write one element
  std::vector<OwnVariant> variants;
  std::vector<OwnArray> arrays;
  std::vector<std::string> parameter_names;  // those that may be set

  std::uint64_t array_bytes() const;
};

/// Compiles a file by a compiler, a command of one word or more (empty: $CXX, else c++), with more
/// flags, words as in a shell; once, for as long as the file, what it includes, the flags and the
/// compiler stay the same. The newest 100 are kept. Returns the library. Throws UsageError where
/// the file cannot be read or does not compile (the compiler's messages are on stderr then);
/// Interrupted.
std::filesystem::path compile_own_kernel(const std::filesystem::path& file,
                                         const std::string& compiler, const std::string& flags);

struct OwnWords;

/// Compiles the file, with `behind` after it, to a program at `made`, with `more` flags; its scratch files go to
/// `folder`. False where the compiler cannot: its messages are on stderr. Throws UsageError, Interrupted.
bool compile_own_program(const OwnWords& words, const std::string& behind,
                         const std::vector<std::string>& more, const std::filesystem::path& folder,
                         const std::filesystem::path& made, const InterruptionGuard& interruption);

/// What a library of a file says of itself where these parameters are set, "n=1000;", in a process
/// apart: its variables are made there. Throws UsageError where it cannot be loaded, has no index,
/// no kernel, or nothing that can be checked; Interrupted.
OwnKernel describe_own_kernel(const std::filesystem::path& library,
                              const std::filesystem::path& file, const std::string& parameters);

/// Where compiled kernels are kept: $XDG_CACHE_HOME/parlab, else ~/.cache/parlab. Throws UsageError
/// where neither variable is set.
std::filesystem::path compiled_kernels_folder();

}  // namespace parlab
