#pragma once

// The CPythons that experiments may ask: the one of python_program(), and one without a lock.

#include <string>

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

}  // namespace parlab
