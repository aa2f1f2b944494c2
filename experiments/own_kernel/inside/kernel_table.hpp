#pragma once

// What a compiled kernel and parlab know of each other: plain types and functions without names to
// be mangled. This text stands before the user's file in what is compiled, and parlab includes it.

#include <cstddef>
#include <cstdint>

namespace parlab::own {

/// What a number is. `bytes`: none, a structure that is compared byte by byte.
enum class Kind : int { whole, signed_whole, real, bytes };

/// Indices [begin, end); of a grid, rows, of which columns [first_column, last_column).
struct Part {
  std::uint64_t begin, end, first_column, last_column;
};

/// Takes a number, of 8 bytes: std::uint64_t, std::int64_t or double.
struct Sink {
  void (*take)(void* to, Kind kind, const void* number);
  void* to;
};

/// Whether a search has become needless: another worker has found a lower index.
struct Stop {
  const void* lowest;   // std::atomic<std::uint64_t>
  std::uint64_t begin;  // of this part
  bool operator()() const {
    return __atomic_load_n(static_cast<const std::uint64_t*>(lowest), __ATOMIC_RELAXED) < begin;
  }
};

/// A parlab::array at namespace scope, or a std::vector or std::array that can be written.
struct Array {
  std::byte* data;
  std::uint64_t elements;
  std::uint32_t element_bytes;
  Kind kind;
  int line;          // of the file, where it is declared; of a parlab::array
  const char* name;  // of any other, which processes do not share
};

/// A number that --set gives.
struct Parameter {
  const char* name;
  bool is_real;
};

enum class Role : int {
  kernel,    // computes a part
  search,    // returns the lowest index of a part that fits, or its end
  parallel,  // computes all, on as many workers as it is told
};

/// One function of the file. What it returns, its partial, is written to a place that the caller
/// gives; 0 bytes where it returns nothing.
struct Variant {
  const char* name;  // "kernel_simd"
  Role role;
  std::size_t partial_bytes;
  Kind kind;  // of what it returns, `bytes` where that is a structure
  void (*part)(Part part, Stop stop, void* partial);
  void (*all)(std::uint64_t size, int workers, void* partial);
  void (*join)(void* left, const void* right);
  void (*numbers)(const void* partial, Sink sink);
};

/// What a file has. Functions that it lacks are null.
struct Table {
  double size, rows, columns;  // those that are absent are 0
  std::uint64_t whole_size, whole_rows, whole_columns;
  double bytes, flops;  // an index; 0 where not told
  void (*prepare)();
  void (*prepare_once)();
  void (*expected)(Sink sink);  // what returns nothing writes to the arrays
  bool expected_is_written;
  void (*answer)(Sink sink);  // where the kernels return nothing: what is to be compared
  const Variant* variants;
  std::size_t variant_count;
  const Array* arrays;
  std::size_t array_count;
  const Parameter* parameters;
  std::size_t parameter_count;
  const char* error;  // what was wrong as the file's variables were made; null: nothing
};

/// How parameters reach a file: a variable of the environment, "n=1000;rate=0.5;".
inline constexpr char parameters_variable[] = "PARLAB_OWN_PARAMETERS";

}  // namespace parlab::own
