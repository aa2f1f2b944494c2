/* libparlab from plain C: what parlab.h promises, call by call. Ends with 0 where all of it holds. */
#include <parlab.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

static void expect(int holds, const char* what, int line) {
  if (holds) return;
  printf("line %d: %s; last error: %s\n", line, what, parlab_last_error());
  ++failures;
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)
#define EXPECT_REFUSED(call, part)         \
  do {                                     \
    EXPECT((call) == PARLAB_BAD_INPUT);    \
    EXPECT(strstr(parlab_last_error(), part) != NULL); \
  } while (0)

static parlab_array array_of(void* data, parlab_dtype dtype, int dimensions, const int64_t* shape,
                             const int64_t* strides) {
  const parlab_array array = {data, dtype, dimensions, shape, strides, 1, 0};
  return array;
}

static void tells_what_it_is(void) {
  EXPECT(parlab_abi_version() == PARLAB_ABI_VERSION);
  EXPECT(strchr(parlab_version(), '.') != NULL);
  EXPECT(strstr(parlab_backends(), "serial") != NULL);
  EXPECT(strstr(parlab_kernels(), "julia/simd") != NULL);
  EXPECT(strlen(parlab_simd_level()) > 0);
  EXPECT(strcmp(parlab_last_error(), "") == 0);
}

static void answers_alike_on(const char* name) {
  parlab_backend* backend = NULL;
  EXPECT(parlab_backend_open(name, 2, &backend) == PARLAB_OK);
  uint64_t inside = 0, count = 0, factor = 0, total = 0;
  EXPECT(parlab_pi(backend, 100003, 7, NULL, 1000, &inside) == PARLAB_OK);
  parlab_backend* serial = NULL;
  uint64_t expected = 0;
  EXPECT(parlab_backend_open("serial", 0, &serial) == PARLAB_OK);
  EXPECT(parlab_pi(serial, 100003, 7, "scalar", 0, &expected) == PARLAB_OK);
  EXPECT(inside == expected && inside > 78000 && inside < 79100);
  EXPECT(parlab_count_primes(backend, 1, 1000000, NULL, 50000, &count) == PARLAB_OK);
  EXPECT(count == 78498);
  EXPECT(parlab_smallest_factor(backend, 100109100129100369u, 0, &factor) == PARLAB_OK);
  EXPECT(factor == 95362951);
  EXPECT(parlab_smallest_factor(backend, 1000003, 0, &factor) == PARLAB_OK && factor == 1000003);

  static double from[50][70], to[50][80], once[50][70];
  for (int i = 0; i < 50; ++i)
    for (int j = 0; j < 70; ++j) from[i][j] = (i * 7 + j * 13) % 17;
  const int64_t shape[] = {50, 70}, dense[] = {sizeof from[0], 8}, wide[] = {sizeof to[0], 8};
  const parlab_array first = array_of(from, PARLAB_FLOAT64, 2, shape, dense);
  const parlab_array last = array_of(to, PARLAB_FLOAT64, 2, shape, wide);
  const parlab_array plain = array_of(once, PARLAB_FLOAT64, 2, shape, dense);
  to[3][75] = 99;
  EXPECT(parlab_diffusion(backend, &first, &last, 0.2, 9, 4, NULL, 7) == PARLAB_OK);
  EXPECT(parlab_diffusion(serial, &first, &plain, 0.2, 9, 0, "scalar", 0) == PARLAB_OK);
  for (int i = 0; i < 50; ++i) EXPECT(memcmp(to[i], once[i], sizeof once[i]) == 0);
  EXPECT(to[3][75] == 99);  // beyond the row
  EXPECT(from[1][0] == 7);

  static uint32_t picture[60][60];
  const int64_t square[] = {60, 60}, rows[] = {sizeof picture[0], 4};
  const parlab_array out = array_of(picture, PARLAB_UINT32, 2, square, rows);
  EXPECT(parlab_julia(backend, &out, -1.8, 1.8, 0.06, -0.62772, -0.42193, 300, NULL, 100, &total) ==
         PARLAB_OK);
  uint64_t sum = 0;
  for (int i = 0; i < 3600; ++i) sum += picture[i / 60][i % 60];
  EXPECT(sum == total && sum > 3600);

  uint64_t numbers[] = {0, 1, 2, 9, 18446744073709551557u}, primes[400];
  uint8_t are[5];
  const int64_t five[] = {5}, eights[] = {8}, ones[] = {1}, room[] = {400};
  const parlab_array which = array_of(numbers, PARLAB_UINT64, 1, five, eights);
  const parlab_array flags = array_of(are, PARLAB_UINT8, 1, five, ones);
  EXPECT(parlab_is_prime(backend, &which, &flags, 2) == PARLAB_OK);
  EXPECT(memcmp(are, "\0\0\1\0\1", 5) == 0);
  const parlab_array list = array_of(primes, PARLAB_UINT64, 1, room, eights);
  EXPECT(parlab_list_primes(backend, 0, 1000, 0, &list, &count) == PARLAB_OK);
  EXPECT(count == 168 && primes[0] == 2 && primes[167] == 997);
  parlab_backend_close(serial);
  parlab_backend_close(backend);
}

static void refuses_in_one_line(void) {
  parlab_backend* backend = NULL;
  uint64_t answer = 0;
  EXPECT_REFUSED(parlab_backend_open("opnemp", 1, &backend), "did you mean 'openmp'");
  EXPECT_REFUSED(parlab_backend_open("threads", -3, &backend), "workers");
  EXPECT_REFUSED(parlab_backend_open(NULL, 1, &backend), "name is NULL");
  EXPECT_REFUSED(parlab_backend_open("serial", 1, NULL), "NULL");
  EXPECT(backend == NULL);
  EXPECT_REFUSED(parlab_pi(NULL, 1, 1, NULL, 0, &answer), "backend is NULL");
  EXPECT(parlab_backend_open("threads", 2, &backend) == PARLAB_OK);
  EXPECT_REFUSED(parlab_pi(backend, 1, 1, "smid", 0, &answer), "did you mean 'simd'");
  EXPECT_REFUSED(parlab_pi(backend, 1, 1, NULL, 0, NULL), "inside is NULL");
  EXPECT_REFUSED(parlab_count_primes(backend, 9, 3, NULL, 0, &answer), "swap them");
  EXPECT_REFUSED(parlab_smallest_factor(backend, 1, 0, &answer), "n >= 2");
  double cells[64] = {0};
  const int64_t shape[] = {4, 8}, dense[] = {64, 8}, overlapping[] = {32, 8}, apart[] = {64, 16};
  const int64_t negative[] = {-4, 8}, huge[] = {INT64_MAX, INT64_MAX};
  parlab_array first = array_of(cells, PARLAB_FLOAT64, 2, shape, dense);
  parlab_array last = array_of(cells + 32, PARLAB_FLOAT64, 2, shape, dense);
  EXPECT(parlab_diffusion(backend, &first, &last, 0.1, 1, 0, NULL, 0) == PARLAB_OK);
  EXPECT_REFUSED(parlab_diffusion(backend, &first, &first, 0.1, 1, 0, NULL, 0), "overlap");
  EXPECT_REFUSED(parlab_diffusion(backend, &first, &last, 0.0 / (answer + 0.0), 1, 0, NULL, 0),
                 "finite");
  EXPECT_REFUSED(parlab_diffusion(backend, &first, &last, 0.1, 1, 0, "stream", 0), "copies");
  last.writable = 0;
  EXPECT_REFUSED(parlab_diffusion(backend, &first, &last, 0.1, 1, 0, NULL, 0), "read-only");
  last = array_of(cells + 32, PARLAB_UINT64, 2, shape, dense);
  EXPECT_REFUSED(parlab_diffusion(backend, &first, &last, 0.1, 1, 0, NULL, 0), "holds uint64");
  last = array_of(NULL, PARLAB_FLOAT64, 2, shape, dense);
  EXPECT_REFUSED(parlab_diffusion(backend, &first, &last, 0.1, 1, 0, NULL, 0), "data is NULL");
  last = array_of((char*)cells + 3, PARLAB_FLOAT64, 2, shape, dense);
  EXPECT_REFUSED(parlab_diffusion(backend, &first, &last, 0.1, 1, 0, NULL, 0), "not aligned");
  const int64_t* strides[] = {overlapping, apart};
  for (int i = 0; i < 2; ++i) {
    last = array_of(cells, PARLAB_FLOAT64, 2, shape, strides[i]);
    EXPECT_REFUSED(parlab_diffusion(backend, &first, &last, 0.1, 1, 0, NULL, 0), "contiguous");
  }
  first = array_of(cells, PARLAB_FLOAT64, 2, negative, dense);
  EXPECT_REFUSED(parlab_diffusion(backend, &first, &first, 0.1, 1, 0, NULL, 0), "-4");
  first = array_of(cells, PARLAB_FLOAT64, 2, huge, dense);
  EXPECT(parlab_diffusion(backend, &first, &first, 0.1, 1, 0, NULL, 0) == PARLAB_BAD_INPUT);
  const int64_t none[] = {0, 8};
  first = array_of(NULL, PARLAB_FLOAT64, 2, none, dense);
  EXPECT(parlab_diffusion(backend, &first, &first, 0.1, 1, 0, NULL, 0) == PARLAB_OK);
  parlab_backend_interrupt(backend);  // nothing runs: nothing happens
  EXPECT(parlab_pi(backend, 1000, 1, NULL, 0, &answer) == PARLAB_OK);
  parlab_backend_close(backend);
  parlab_backend_close(NULL);
}

int main(void) {
  tells_what_it_is();
  answers_alike_on("threads:dynamic");
  answers_alike_on("processes");
  refuses_in_one_line();
  if (failures == 0) printf("all holds\n");
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
