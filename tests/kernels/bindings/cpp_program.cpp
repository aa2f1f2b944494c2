// The same program as C++: parlab.h is to be read by both.
#include "c_program.c"
