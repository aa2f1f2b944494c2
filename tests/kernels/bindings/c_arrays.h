#pragma once

/* Arrays that parlab.h refuses. */

#include <parlab.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "c_expect.h"

/* Each way to say where a 2-D array lies that cannot be: rows is what shape says, then strides. */
static void refuses_arrays_that_cannot_be(void) {
  static const struct {
    int64_t shape[2], strides[2];
    const char* why;
  } wrong[] = {
      {{4, 8}, {-64, 8}, "not contiguous"},
      {{4, 8}, {64, -8}, "not contiguous"},
      {{4, 8}, {0, 8}, "not contiguous"},
      {{4, 8}, {64, 0}, "not contiguous"},
      {{4, 8}, {60, 8}, "not contiguous"},  // rows overlap by half an element
      {{4, 8}, {68, 8}, "not contiguous"},  // no multiple of an element
      {{4, 8}, {8, 32}, "not contiguous"},  // columns first
      {{4, 8}, {INT64_MIN, 8}, "not contiguous"},
      {{4, 8}, {64, INT64_MAX}, "not contiguous"},
      {{INT64_MIN, 8}, {64, 8}, "its shape has"},
      {{4, -1}, {64, 8}, "its shape has"},
      {{INT64_MAX, 8}, {64, 8}, "larger than the address space"},
      {{4, INT64_MAX}, {INT64_MAX, 8}, "larger than the address space"},
      {{INT64_MAX / 8, 8}, {64, 8}, "larger than the address space"},
  };
  static double cells[64], others[64];
  const int64_t shape[] = {4, 8}, dense[] = {64, 8};
  parlab_backend* backend = NULL;
  EXPECT(parlab_backend_open("serial", 0, &backend) == PARLAB_OK);
  const parlab_array right = array_of(others, PARLAB_FLOAT64, 2, shape, dense);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    const parlab_array bad = array_of(cells, PARLAB_FLOAT64, 2, wrong[i].shape, wrong[i].strides);
    EXPECT_REFUSED(parlab_diffusion(backend, &bad, &right, 0.1, 1, 0, NULL, 0), wrong[i].why);
    EXPECT_REFUSED(parlab_diffusion(backend, &right, &bad, 0.1, 1, 0, NULL, 0), wrong[i].why);
  }
  parlab_array bad = array_of(cells, PARLAB_FLOAT64, 2, NULL, dense);
  EXPECT_REFUSED(parlab_diffusion(backend, &bad, &right, 0.1, 1, 0, NULL, 0), "shape or strides");
  bad = array_of(cells, PARLAB_FLOAT64, 2, shape, NULL);
  EXPECT_REFUSED(parlab_diffusion(backend, &right, &bad, 0.1, 1, 0, NULL, 0), "shape or strides");
  bad = array_of(cells, PARLAB_FLOAT64, -1, shape, dense);
  EXPECT_REFUSED(parlab_diffusion(backend, &right, &bad, 0.1, 1, 0, NULL, 0), "-1 dimensions");
  EXPECT_REFUSED(parlab_diffusion(backend, &right, NULL, 0.1, 1, 0, NULL, 0), "to is NULL");
  // One row lies wherever it lies: its stride is never used.
  const int64_t one_row[] = {1, 8}, any[] = {-3, 8};
  const parlab_array row = array_of(cells, PARLAB_FLOAT64, 2, one_row, any);
  const parlab_array other = array_of(others, PARLAB_FLOAT64, 2, one_row, any);
  EXPECT(parlab_diffusion(backend, &row, &other, 0.1, 1, 0, NULL, 0) == PARLAB_OK);
  // As many steps as fit the type: a pixel outside the circle still costs none.
  uint32_t pixel = 1;
  const int64_t single[] = {1, 1}, four[] = {4, 4};
  const parlab_array point = array_of(&pixel, PARLAB_UINT32, 2, single, four);
  EXPECT(parlab_julia(backend, &point, 5, 5, 1, 0, 0, UINT32_MAX, NULL, 0, NULL) == PARLAB_OK);
  EXPECT(pixel == 0);
  parlab_backend_close(backend);
}

enum { plate_bytes = 64 * 64 * 8, file_bytes = 4 * plate_bytes };

static char* mapping_of(int file, int kind) {
  void* at = mmap(NULL, file_bytes, PROT_READ | PROT_WRITE, kind, file, 0);
  EXPECT(at != MAP_FAILED);
  return (char*)at;
}

static parlab_status spread(parlab_backend* backend, char* from, char* to) {
  static const int64_t shape[] = {64, 64}, dense[] = {64 * 8, 8};
  const parlab_array first = array_of(from, PARLAB_FLOAT64, 2, shape, dense);
  const parlab_array last = array_of(to, PARLAB_FLOAT64, 2, shape, dense);
  return parlab_diffusion(backend, &first, &last, 0.1, 3, 0, NULL, 0);
}

/* A file that is mapped twice is one memory at two addresses. */
static void refuses_one_memory_at_two_addresses(void) {
  FILE* const file = tmpfile();
  parlab_backend* backend = NULL;
  EXPECT(file != NULL && ftruncate(fileno(file), file_bytes) == 0);
  EXPECT(parlab_backend_open("serial", 0, &backend) == PARLAB_OK);
  char* const one = mapping_of(fileno(file), MAP_SHARED);
  char* const other = mapping_of(fileno(file), MAP_SHARED);
  char* const copy = mapping_of(fileno(file), MAP_PRIVATE);
  EXPECT_REFUSED(spread(backend, one, other), "mapped twice");
  EXPECT_REFUSED(spread(backend, one, other + plate_bytes - 8), "mapped twice");
  EXPECT_REFUSED(spread(backend, one + plate_bytes - 8, other), "mapped twice");
  EXPECT_REFUSED(spread(backend, copy, other), "mapped twice");
  EXPECT(spread(backend, other, copy) == PARLAB_OK);  // what is written there stays there
  EXPECT(spread(backend, one, other + plate_bytes) == PARLAB_OK);
  EXPECT(spread(backend, one + plate_bytes, other) == PARLAB_OK);
  EXPECT(spread(backend, one, one + plate_bytes) == PARLAB_OK);
  // Smaller than a page: where the places in the page differ nothing can meet.
  const int64_t five[] = {5}, eights[] = {8}, ones[] = {1};
  const parlab_array numbers = array_of(one + 4096, PARLAB_UINT64, 1, five, eights);
  parlab_array flags = array_of(other + 4096 + 39, PARLAB_UINT8, 1, five, ones);
  EXPECT_REFUSED(parlab_is_prime(backend, &numbers, &flags, 0), "mapped twice");
  flags.data = other + 4096 + 40;
  EXPECT(parlab_is_prime(backend, &numbers, &flags, 0) == PARLAB_OK);
  flags.data = other + 8192;
  EXPECT(parlab_is_prime(backend, &numbers, &flags, 0) == PARLAB_OK);
  parlab_backend_close(backend);
  munmap(one, file_bytes);
  munmap(other, file_bytes);
  munmap(copy, file_bytes);
  fclose(file);
}
