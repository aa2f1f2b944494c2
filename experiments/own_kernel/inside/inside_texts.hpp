#pragma once

// The headers in this folder, as texts: they stand around a kernel file in what is compiled. Made by the
// CMakeLists.txt above, without their own #include of each other.

namespace parlab {

extern const char inside_kernel_table[];
extern const char inside_kernel_arrays[];
extern const char inside_kernel_numbers[];
extern const char inside_kernel_calls[];
extern const char inside_kernel_check[];  // behind the others, for the program of --check

}  // namespace parlab
