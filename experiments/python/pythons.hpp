#pragma once

// The CPythons that experiments may ask, and processes of them that find the package parlab.

#include <memory>
#include <string>
#include <vector>

#include "kernels/posix/process/python_process.hpp"

namespace parlab {

struct CPython {
  std::string program;
  std::string version;  // "3.11", "3.14t"; "" where it is not there, or cannot import parlab
  std::string why;      // what to do, where the version is ""
};

/// The Python with the lock, which is what $PARLAB_PYTHON or the build names.
CPython locked_python();

/// A free-threaded Python: what $PARLAB_PYTHON_FREE names, else the newest on PATH.
CPython free_threaded_python();

/// A Python that runs `script` with the arguments and can import parlab, as built, or as installed
/// below the same prefix.
std::shared_ptr<PythonProcess> start_python(const std::string& program, const std::string& script,
                                            const std::vector<std::string>& arguments = {});

/// What a Python prints for the code, its first line; "" where it fails, and nothing is shown.
std::string python_answer(const std::string& code, const std::string& program = python_program());

}  // namespace parlab
