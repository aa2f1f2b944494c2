#pragma once

// The calls of a compiled kernel, in a process that runs it.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/own_kernel/inside/kernel_table.hpp"
#include "experiments/own_kernel/own_kernel.hpp"

namespace parlab {

/// A library of compile_own_kernel(), loaded for as long as the process lives.
class LoadedKernel {
 public:
  /// Sets the parameters and makes the file's variables. Throws std::runtime_error where the
  /// library cannot be loaded.
  LoadedKernel(const std::filesystem::path& library, const std::string& parameters);

  const own::Table& table() const { return table_; }
  const own::Variant& variant(std::size_t i) const { return table_.variants[i]; }

  /// prepare_once() of the file, where it has one: before all else.
  void prepare_once();
  /// prepare() of the file, where it has one. Arrays may then be elsewhere, so table() is read
  /// again.
  void prepare();
  /// Throws std::runtime_error where the arrays are not as large as they were told to be.
  void require_arrays(const std::vector<OwnArray>& arrays) const;

  /// What a partial of a variant says: a number, or a list of all that it holds. Throws
  /// std::runtime_error for a number that is not finite.
  Answer answer(const own::Variant& variant, const std::byte* partial) const;
  /// What answer() of the file says.
  Answer told_answer() const;
  /// What expected() says; null where the file has none, or one that writes to the arrays: then it
  /// has done so.
  Answer expected(const own::Variant& of) const;

 private:
  void (*fill_)(own::Table*);
  own::Table table_;
};

/// A variant's partial, in memory that is aligned for any.
using PartialBytes = std::vector<std::byte>;

/// A range of a variant's indices, in one piece: into partial, of variant.partial_bytes bytes.
PartialBytes compute(const own::Variant& variant, const own::Part& part);

}  // namespace parlab
