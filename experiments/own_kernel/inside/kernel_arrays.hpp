#pragma once

// What a kernel file may use: arrays that processes share, and numbers that the command line sets.
// This text stands before the user's file in what is compiled.

#include <sys/mman.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "experiments/own_kernel/inside/kernel_table.hpp"

namespace parlab {
namespace own {

/// What the file's variables said of themselves as they were made.
struct Declared {
  std::vector<Array> arrays;
  std::vector<Parameter> parameters;
  std::string error;
};

static inline Declared& declared() {
  static Declared all;
  return all;
}

static inline void complain(const std::string& error) {
  if (declared().error.empty()) declared().error = error;
}

template <class T>
constexpr Kind kind_of() {
  if constexpr (std::is_floating_point_v<T> && sizeof(T) <= sizeof(double)) return Kind::real;
  if constexpr (std::is_integral_v<T> && sizeof(T) <= sizeof(std::uint64_t))
    return std::is_signed_v<T> ? Kind::signed_whole : Kind::whole;
  return Kind::bytes;
}

/// The line of the file that a variable is declared in; a type, so that no number is taken for one.
struct Line {
  int line;
};

/// The text that --set gives a name; empty: none.
static inline std::string set_text(const std::string& name) {
  const char* given = std::getenv(parameters_variable);
  const std::string all = std::string(";") + (given != nullptr ? given : "");
  const std::size_t at = all.find(";" + name + "=");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return all.substr(begin, all.find(';', begin) - begin);
}

}  // namespace own

/// The number that `--set name=...` (of size: --size) gives, else `otherwise`, in its type. At
/// namespace scope, so that parlab knows of it before it runs anything.
template <class T>
T parameter(const char* name, T otherwise) {
  static_assert(std::is_arithmetic_v<T>, "a parameter is a number");
  own::declared().parameters.push_back({name, std::is_floating_point_v<T>});
  const std::string text = own::set_text(name);
  if (text.empty()) return otherwise;
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(std::strtod(text.c_str(), nullptr));
  } else {
    const bool negative = text[0] == '-';
    const unsigned long long whole = std::strtoull(text.c_str() + (negative ? 1 : 0), nullptr, 10);
    const T value = static_cast<T>(negative ? 0 - whole : whole);
    if (text.find_first_not_of("-0123456789") != std::string::npos)
      own::complain(std::string(name) + " is a whole number, not " + text);
    else if (std::to_string(value) != text)
      own::complain(std::string(name) + " cannot be " + text + ": its type is too small");
    return value;
  }
}

/// Elements in memory that processes share, zero at first: what kernels write to. At namespace
/// scope; parlab compares its elements with those after a serial run.
template <class T>
class array {
 public:
  using value_type = T;
  static_assert(std::is_trivially_copyable_v<T>, "elements must be trivially copyable");

  explicit array(std::uint64_t size, own::Line line = {__builtin_LINE()}) : size_(size) {
    std::uint64_t bytes = 0;
    void* memory = MAP_FAILED;
    if (!__builtin_mul_overflow(size, sizeof(T), &bytes))
      memory = mmap(nullptr, bytes != 0 ? bytes : 1, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      own::complain("there is no memory for an array of " + std::to_string(size) +
                    " elements (line " + std::to_string(line.line) + ")");
      size_ = 0;
      return;
    }
    data_ = static_cast<T*>(memory);
    own::declared().arrays.push_back({static_cast<std::byte*>(memory), size,
                                      static_cast<std::uint32_t>(sizeof(T)), own::kind_of<T>(),
                                      line.line, nullptr});
  }
  /// Each element is `first`, or first(i) where that can be called.
  template <class First>
  array(std::uint64_t size, const First& first, own::Line line = {__builtin_LINE()})
      : array(size, line) {
    for (std::uint64_t i = 0; i < size_; ++i)
      if constexpr (std::is_invocable_v<const First&, std::uint64_t>)
        data_[i] = first(i);
      else
        data_[i] = static_cast<T>(first);
  }
  array(const array&) = delete;
  array& operator=(const array&) = delete;
  ~array() {
    std::vector<own::Array>& all = own::declared().arrays;
    std::erase_if(all, [this](const own::Array& a) { return a.data == static_cast<void*>(data_); });
    if (data_ != nullptr) munmap(data_, size_ * sizeof(T));
  }

  std::uint64_t size() const { return size_; }
  T* data() const { return data_; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }
  T& operator[](std::uint64_t i) const { return data_[i]; }

 private:
  std::uint64_t size_;
  T* data_ = nullptr;
};

/// A plate of rows and columns, row by row: u[i][j].
template <class T>
class grid {
 public:
  using value_type = T;
  grid(std::uint64_t rows, std::uint64_t columns, own::Line line = {__builtin_LINE()})
      : columns_(columns), cells_(product(rows, columns), line) {}
  /// Each cell is first(i, j).
  template <class First>
  requires std::is_invocable_v<const First&, std::uint64_t, std::uint64_t> grid(
      std::uint64_t rows, std::uint64_t columns, const First& first,
      own::Line line = {__builtin_LINE()})
      : grid(rows, columns, line) {
    for (std::uint64_t cell = 0; cell < cells_.size(); ++cell)
      cells_[cell] = first(cell / columns, cell % columns);
  }

  std::uint64_t rows() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  std::uint64_t columns() const { return columns_; }
  T* data() const { return cells_.data(); }
  T* operator[](std::uint64_t row) const { return cells_.data() + row * columns_; }

 private:
  /// The largest number where it is more.
  static std::uint64_t product(std::uint64_t rows, std::uint64_t columns) {
    std::uint64_t cells = 0;
    return __builtin_mul_overflow(rows, columns, &cells) ? UINT64_MAX : cells;
  }

  std::uint64_t columns_;
  array<T> cells_;
};

}  // namespace parlab
