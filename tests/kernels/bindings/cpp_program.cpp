// The same program as C++: parlab.h is to be read by both.
#include "c_program.c"  // NOLINT(bugprone-suspicious-include): the same text, as C++
