#pragma once

/* For the programs that hold parlab.h to its word: what they expect, and arrays. */

#include <parlab.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

static void expect(int holds, const char* what, int line) {
  if (holds) return;
  printf("line %d: %s; last error: %s\n", line, what, parlab_last_error());
  ++failures;
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)
#define EXPECT_REFUSED(call, part)                     \
  do {                                                 \
    EXPECT((call) == PARLAB_BAD_INPUT);                \
    EXPECT(strstr(parlab_last_error(), part) != NULL); \
  } while (0)

static parlab_array array_of(void* data, parlab_dtype dtype, int dimensions, const int64_t* shape,
                             const int64_t* strides) {
  const parlab_array array = {data, dtype, dimensions, shape, strides, 1, 0};
  return array;
}
