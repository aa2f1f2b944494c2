/* Random calls of libparlab, right and wrong ones: each returns a status, with a line where it is
 * not PARLAB_OK, and touches nothing beyond the arrays, which a sanitizer watches.
 *
 *   parlab-c-fuzz [SEED [CALLS]] */
#include <float.h>
#include <math.h>
#include <parlab.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 4096 }; /* bytes that an array's description may speak of */

static uint64_t state;

static uint64_t drawn(uint64_t below) { /* splitmix64 */
  uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return (z ^ (z >> 31)) % below;
}

/* Mostly the fastest variant: few kernels have one of each name. */
#define A_NAME (drawn(2) ? NULL : ONE_OF(names))
#define ONE_OF(values) ((values)[drawn(sizeof(values) / sizeof((values)[0]))])

static const double reals[] = {0, 0.1, -1.8, 2, DBL_MAX, -DBL_MAX, DBL_MIN, INFINITY, NAN};
static const uint64_t wholes[] = {0, 1, 2, 3, 7, 64, 1000, UINT64_C(1) << 32, UINT64_MAX};
static const uint64_t smalls[] = {0, 1, 2, 3, 9};
static const char* const names[] = {NULL,      "",      "simd",   "scalar", "tiled",
                                    "xtensor", "eigen", "stream", "sieve",  "\xff\n"};
static const int64_t odd_numbers[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX / 8, 0, 3, -8};

/* A description, of memory of its own: what lies beside it is the sanitizer's. */
typedef struct {
  parlab_array array;
  int64_t shape[3], strides[3];
  void* memory;
} described;

static int64_t size_of(int32_t dtype) {
  return dtype == PARLAB_UINT8 ? 1 : dtype == PARLAB_UINT32 ? 4 : 8;
}

/* Right more often than not: so many bytes are allocated as the last element ends at. */
static void describe(described* what, parlab_dtype wanted, int wanted_dimensions) {
  const int64_t lengths[] = {0, 1, 2, 5, 11};
  const int32_t dtypes[] = {PARLAB_FLOAT64, PARLAB_UINT64, PARLAB_UINT32, PARLAB_UINT8, 0, -1};
  const int32_t dtype = drawn(10) ? (int32_t)wanted : ONE_OF(dtypes);
  const int64_t each = size_of(dtype);
  const int64_t rows = ONE_OF(lengths), columns = ONE_OF(lengths);
  const int64_t row = (columns + (int64_t)drawn(4)) * each;
  const int flat = wanted_dimensions == 1;
  const int64_t shape[] = {flat ? columns : rows, columns, 1},
                strides[] = {flat ? each : row, each, 1};
  memcpy(what->shape, shape, sizeof shape);
  memcpy(what->strides, strides, sizeof strides);
  size_t bytes = 0;
  if (columns > 0 && (flat || rows > 0))
    bytes = (size_t)((flat ? 0 : (rows - 1) * row) + columns * each);
  what->memory = bytes ? calloc(1, bytes) : NULL;
  const parlab_array array = {
      what->memory, dtype, wanted_dimensions, what->shape, what->strides, 1, 0};
  what->array = array;
  switch (drawn(24)) { /* at times wrong in one thing, of which each must be seen */
    case 0:
      what->strides[drawn(2)] = ONE_OF(odd_numbers);
      what->shape[0] = what->shape[1] = 2;
      break;
    case 1:
      what->shape[drawn(2)] = -1 - (int64_t)drawn(9);
      break;
    case 2:
      what->array.dimensions = (int32_t)drawn(7) - 3;
      break;
    case 3:
      what->array.writable = 0;
      break;
    case 4:
      what->array.shape = NULL;
      break;
    case 5:
      what->array.strides = NULL;
      break;
    case 6:
      if (each > 1) what->array.data = (char*)what->memory + 1;
      break;
    case 7:
      what->shape[0] = what->shape[1] = INT64_MAX - (int64_t)drawn(3);
      break;
    default:
      break;
  }
  /* A wrong description must speak of no more than there is where it could be taken for a right
   * one. */
  if (memcmp(what->shape, shape, sizeof shape) != 0 ||
      memcmp(what->strides, strides, sizeof strides) != 0) {
    free(what->memory);
    what->array.data = what->memory = calloc(1, ROOM);
  }
}

static parlab_status call(parlab_backend* backend) {
  uint64_t answer = 0;
  uint64_t* where = drawn(20) ? &answer : NULL;
  described a, b;
  parlab_status status;
  switch (drawn(7)) {
    case 0:
      return parlab_pi(backend, ONE_OF(smalls) * 1000, ONE_OF(wholes), A_NAME, ONE_OF(wholes) | 64,
                       where);
    case 1:
      return parlab_count_primes(backend, ONE_OF(smalls) * 9999, ONE_OF(smalls) * 9999, A_NAME, 100,
                                 where);
    case 2:
      return parlab_smallest_factor(backend, ONE_OF(wholes) >> 32, NULL, ONE_OF(wholes), where);
    case 3:
      describe(&a, PARLAB_UINT64, 1);
      status = parlab_list_primes(backend, ONE_OF(smalls), ONE_OF(smalls) * 2, ONE_OF(wholes),
                                  &a.array, where);
      free(a.memory);
      return status;
    case 4:
      describe(&a, PARLAB_UINT32, 2);
      status = parlab_julia(backend, drawn(20) ? &a.array : NULL, ONE_OF(reals), ONE_OF(reals),
                            ONE_OF(reals), ONE_OF(reals), ONE_OF(reals), drawn(9) ? 30 : 0, A_NAME,
                            ONE_OF(wholes), where);
      free(a.memory);
      return status;
    case 5:
      describe(&a, PARLAB_UINT64, 1);
      describe(&b, PARLAB_UINT8, 1);
      if (drawn(3)) b.shape[0] = a.shape[0] <= b.shape[0] ? a.shape[0] : b.shape[0];
      status = parlab_is_prime(backend, &a.array, &b.array, ONE_OF(wholes));
      break;
    default:
      describe(&a, PARLAB_FLOAT64, 2);
      describe(&b, PARLAB_FLOAT64, 2);
      status = parlab_diffusion(backend, &a.array, drawn(9) ? &b.array : &a.array, ONE_OF(reals),
                                ONE_OF(smalls), (int32_t)drawn(70) - 2, A_NAME, ONE_OF(wholes));
  }
  free(a.memory);
  free(b.memory);
  return status;
}

int main(int count, char** words) {
  state = count > 1 ? strtoull(words[1], NULL, 10) : 1;
  const long calls = count > 2 ? atol(words[2]) : 20000;
  parlab_backend* backends[2] = {NULL, NULL};
  if (parlab_backend_open("serial", 0, &backends[0]) != PARLAB_OK ||
      parlab_backend_open("threads:dynamic", 2, &backends[1]) != PARLAB_OK) {
    printf("%s\n", parlab_last_error());
    return EXIT_FAILURE;
  }
  long seen[5] = {0};
  for (long i = 0; i < calls; ++i) {
    const parlab_status status = call(drawn(40) ? backends[drawn(8) == 0] : NULL);
    const char* line = parlab_last_error();
    if (status > PARLAB_NO_MEMORY ||
        (status != PARLAB_OK && (*line == 0 || strchr(line, '\n') != NULL))) {
      printf("call %ld: status %d, \"%s\"\n", i, (int)status, line);
      return EXIT_FAILURE;
    }
    ++seen[status];
  }
  parlab_backend_close(backends[1]);
  parlab_backend_close(backends[0]);
  printf("%ld right, %ld refused, %ld failed, %ld out of memory\n", seen[0], seen[1], seen[2],
         seen[3]);
  return seen[0] > calls / 10 && seen[1] > calls / 10 ? EXIT_SUCCESS : EXIT_FAILURE;
}
