/* libparlab from plain C, and, compiled so, from C++: what parlab.h promises, call by call. Ends
 * with 0 where all of it holds. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <parlab.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "c_arrays.h"
#include "c_expect.h"

static void tells_what_it_is(void) {
  EXPECT(parlab_abi_version() == PARLAB_ABI_VERSION);
  EXPECT(strchr(parlab_version(), '.') != NULL);
  EXPECT(strstr(parlab_backends(), "serial") != NULL);
  EXPECT(strstr(parlab_kernels(), "julia/simd") != NULL);
  EXPECT(strlen(parlab_simd_level()) > 0);
  int32_t numbers[2] = {-1, -1};
  const int32_t processors = parlab_processors(NULL, 0);
  EXPECT(processors >= 1 && parlab_processors(numbers, 1) == processors);
  EXPECT(numbers[0] >= 0 && numbers[1] == -1);
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
  EXPECT(parlab_smallest_factor(backend, 100109100129100369u, NULL, 0, &factor) == PARLAB_OK);
  EXPECT(factor == 95362951);
  EXPECT(parlab_smallest_factor(backend, 1000003, "wheel", 0, &factor) == PARLAB_OK &&
         factor == 1000003);

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
  EXPECT(parlab_diffusion_with_edges(backend, &first, &last, 0.2, 9, 4, NULL, NULL, 7) ==
         PARLAB_OK);
  for (int i = 0; i < 50; ++i) EXPECT(memcmp(to[i], once[i], sizeof once[i]) == 0);
  EXPECT(parlab_diffusion_with_edges(backend, &first, &last, 0.2, 9, 4, "periodic", NULL, 7) ==
         PARLAB_OK);
  EXPECT(parlab_diffusion_with_edges(serial, &first, &plain, 0.2, 9, 0, "periodic", "scalar", 0) ==
         PARLAB_OK);
  for (int i = 0; i < 50; ++i) EXPECT(memcmp(to[i], once[i], sizeof once[i]) == 0);
  EXPECT(to[0][0] != from[0][0]);
  EXPECT_REFUSED(parlab_diffusion_with_edges(backend, &first, &last, 0.2, 9, 4, "round", NULL, 7),
                 "fixed, periodic");
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
  parlab_backend *backend = NULL, *serial = NULL;
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
  EXPECT_REFUSED(parlab_smallest_factor(backend, 1, NULL, 0, &answer), "n >= 2");
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
  EXPECT(strchr(parlab_last_error(), '\n') == NULL);
  const int64_t none[] = {0, 8};
  first = array_of(NULL, PARLAB_FLOAT64, 2, none, dense);
  EXPECT(parlab_diffusion(backend, &first, &first, 0.1, 1, 0, NULL, 0) == PARLAB_OK);
  parlab_backend_interrupt(backend);  // nothing runs: nothing happens
  EXPECT(parlab_pi(backend, 1000, 1, NULL, 0, &answer) == PARLAB_OK);
  EXPECT_REFUSED(parlab_backend_open("no such\nbackend", 1, &serial), "no such backend");
  EXPECT(serial == NULL && strchr(parlab_last_error(), '\n') == NULL);
  EXPECT_REFUSED(parlab_smallest_factor(backend, 9, "weel", 0, &answer), "did you mean 'wheel'");
  parlab_backend_close(backend);
  parlab_backend_close(NULL);
  parlab_backend_interrupt(NULL);
  EXPECT(parlab_backend_workers(NULL) == 0);
}

static parlab_backend* shared_by_threads = NULL;

static void* counts_primes(void* count) {
  const parlab_status status =
      parlab_count_primes(shared_by_threads, 0, 1000000, NULL, 50000, (uint64_t*)count);
  return status == PARLAB_OK ? count : NULL;
}

static void* fails(void* nothing) {
  (void)nothing;
  uint64_t count = 0;
  parlab_count_primes(shared_by_threads, 9, 3, NULL, 0, &count);
  return strstr(parlab_last_error(), "swap them") != NULL ? &failures : NULL;
}

static void runs_calls_of_threads_one_after_the_other(void) {
  EXPECT(parlab_backend_open("threads", 2, &shared_by_threads) == PARLAB_OK);
  pthread_t threads[4], failing;
  uint64_t counts[4] = {0};
  char before[256];
  snprintf(before, sizeof before, "%s", parlab_last_error());
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, counts_primes, &counts[i]);
  pthread_create(&failing, NULL, fails, NULL);
  void* done = NULL;
  for (int i = 0; i < 4; ++i) {
    pthread_join(threads[i], &done);
    EXPECT(done != NULL && counts[i] == 78498);
  }
  pthread_join(failing, &done);
  EXPECT(done != NULL);
  EXPECT(strncmp(before, parlab_last_error(), sizeof before - 1) == 0);  // errors are per thread
  parlab_backend_close(shared_by_threads);
}

static void* computes(void* nothing) {
  uint64_t inside = 0;
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
  while (parlab_pi(shared_by_threads, 1 << 20, 1, NULL, 0, &inside) == PARLAB_OK)
    pthread_testcancel();
  return nothing;
}

/* Not under the address sanitizer, which takes the frames that a cancelled thread left for being in use. */
#if defined(__SANITIZE_ADDRESS__)
#define CANCELS_THREADS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CANCELS_THREADS 0
#endif
#endif
#ifndef CANCELS_THREADS
#define CANCELS_THREADS 1
#endif

static void outlives_a_cancelled_thread(const char* name) {
  EXPECT(parlab_backend_open(name, 2, &shared_by_threads) == PARLAB_OK);
  for (int i = 0; i < 20; ++i) {
    pthread_t thread;
    void* done = NULL;
    const struct timespec moment = {0, 1000000 * (i % 5)};
    pthread_create(&thread, NULL, computes, NULL);
    nanosleep(&moment, NULL);
    pthread_cancel(thread);
    pthread_join(thread, &done);
    EXPECT(done == PTHREAD_CANCELED);
  }
  uint64_t count = 0;
  EXPECT(parlab_count_primes(shared_by_threads, 0, 1000, NULL, 10, &count) == PARLAB_OK &&
         count == 168);
  parlab_backend_close(shared_by_threads);
}

static parlab_backend* interrupted = NULL;

static void interrupts(int signal_number) {
  (void)signal_number;
  parlab_backend_interrupt(interrupted);
}

static void is_interrupted_from_a_signal_handler(const char* name) {
  EXPECT(parlab_backend_open(name, 2, &interrupted) == PARLAB_OK);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = interrupts;
  sigaction(SIGALRM, &action, NULL);
  alarm(1);
  uint64_t inside = 0;
  EXPECT(parlab_pi(interrupted, UINT64_C(1) << 50, 1, NULL, 0, &inside) == PARLAB_INTERRUPTED);
  alarm(1);
  const uint64_t far = UINT64_C(10000000000000000);  // a prime here takes some 0.1 s
  EXPECT(parlab_count_primes(interrupted, far, 2 * far, "trial", 0, &inside) == PARLAB_INTERRUPTED);
  EXPECT(parlab_pi(interrupted, 1000, 1, NULL, 0, &inside) == PARLAB_OK);  // and goes on
  parlab_backend_close(interrupted);
}

/* 0 where a child that was forked while the handle was open finds what parlab.h says. */
static int child_of(parlab_backend* inherited, const char* name) {
  uint64_t count = 0;
  signal(SIGALRM, SIG_DFL);
  alarm(20);  // ends what waits for threads that are not there
  if (parlab_count_primes(inherited, 0, 100, NULL, 0, &count) != PARLAB_BAD_INPUT) return 1;
  if (strstr(parlab_last_error(), "fork") == NULL) return 2;
  parlab_backend_interrupt(inherited);
  parlab_backend_close(inherited);
  parlab_backend* own = NULL;
  const parlab_status opened = parlab_backend_open(name, 2, &own);
  if (strcmp(name, "tbb") == 0 || strcmp(name, "openmp") == 0)
    return opened == PARLAB_BAD_INPUT && strstr(parlab_last_error(), "spawn") != NULL ? 0 : 3;
  if (opened != PARLAB_OK) return 4;
  if (parlab_count_primes(own, 0, 1000, NULL, 10, &count) != PARLAB_OK || count != 168) return 5;
  parlab_backend_close(own);
  return 0;
}

static volatile int reaping = 0;

static void* reaps(void* nothing) {
  const struct timespec nap = {0, 20000};
  while (reaping)
    if (waitpid(-1, NULL, WNOHANG) <= 0) nanosleep(&nap, NULL);
  return nothing;
}

/* Programs whose children have no status for us: the answers came through shared memory. */
static void answers_where_children_are_reaped_elsewhere(void) {
  pthread_t reaper;
  signal(SIGCHLD, SIG_IGN);
  answers_alike_on("processes:static");
  answers_alike_on("processes:dynamic");
  signal(SIGCHLD, SIG_DFL);
  reaping = 1;
  pthread_create(&reaper, NULL, reaps, NULL);
  for (int i = 0; i < 10; ++i) answers_alike_on("processes");
  reaping = 0;
  pthread_join(reaper, NULL);
}

static void is_refused_after_a_fork(const char* name) {
  if (strstr(parlab_backends(), name) == NULL) return;  // not in this build
  parlab_backend* backend = NULL;
  uint64_t count = 0;
  EXPECT(parlab_backend_open(name, 2, &backend) == PARLAB_OK);
  EXPECT(parlab_count_primes(backend, 0, 1000, NULL, 10, &count) == PARLAB_OK && count == 168);
  const pid_t child = fork();
  if (child == 0) _exit(child_of(backend, name));
  int status = 0;
  EXPECT(waitpid(child, &status, 0) == child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    printf("%s in a forked child: status %d\n", name, status);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT(parlab_count_primes(backend, 0, 1000, NULL, 10, &count) == PARLAB_OK && count == 168);
  parlab_backend_close(backend);
}

int main(void) {
  tells_what_it_is();
  answers_alike_on("threads:dynamic");
  answers_alike_on("processes");
  answers_where_children_are_reaped_elsewhere();
  refuses_in_one_line();
  refuses_arrays_that_cannot_be();
  refuses_one_memory_at_two_addresses();
  runs_calls_of_threads_one_after_the_other();
  if (CANCELS_THREADS) {
    outlives_a_cancelled_thread("threads");
    outlives_a_cancelled_thread("processes");
  }
  is_interrupted_from_a_signal_handler("threads");
  is_interrupted_from_a_signal_handler("processes");
  const char* names[] = {"threads", "thread_pool", "asio_pool", "processes", "openmp", "tbb"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) is_refused_after_a_fork(names[i]);
  if (failures == 0) printf("all holds\n");
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
