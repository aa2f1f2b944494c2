/* parlab's kernels and backends for other languages: plain C, one shared library, libparlab.so.1.
 *
 * Calls return a status. Anything but PARLAB_OK leaves a message for people, in one line that says
 * what is wrong and what to do: parlab_last_error(). Results travel through pointers, and hold
 * something only after PARLAB_OK. No call prints, exits, or throws.
 *
 * Ownership. What parlab_..._open gives is yours until you give it to parlab_..._close. Arrays stay
 * yours: a call reads and writes them where they lie and keeps no pointer. Strings that a call
 * returns belong to the library: parlab_last_error()'s lives until the thread's next call.
 *
 * Threads. Any thread may call anything. A backend runs one call at a time; a second call on the
 * same handle waits for the first. parlab_backend_interrupt() alone does not wait, and may be called
 * from a signal handler. Errors are kept per thread.
 *
 * Forks. A handle is refused in a process that was forked after it was opened. openmp, tbb and
 * stdpar, whose threads a fork loses, cannot be opened in a child of a process that opened one.
 *
 * Bits. The same arguments give the same answer, bit for bit, on every backend with any number of
 * workers and any grain.
 *
 * Versions. Symbols carry the version PARLAB_1. Within an ABI version calls are only added;
 * parlab_abi_version() is to equal PARLAB_ABI_VERSION. */
#ifndef PARLAB_H
#define PARLAB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PARLAB_ABI_VERSION 1
#define PARLAB_EXPORT __attribute__((visibility("default")))

typedef enum parlab_status {
  PARLAB_OK = 0,
  PARLAB_BAD_INPUT = 1,   /* an argument is wrong; nothing was computed */
  PARLAB_FAILED = 2,      /* the run failed: a worker died, a thread could not be started */
  PARLAB_NO_MEMORY = 3,   /* out of memory, or of shared memory */
  PARLAB_INTERRUPTED = 4, /* by parlab_backend_interrupt() */
} parlab_status;

/* The ABI of the library that is loaded. */
PARLAB_EXPORT uint32_t parlab_abi_version(void);
/* The library's release: "0.1.0". */
PARLAB_EXPORT const char* parlab_version(void);
/* Why the last call of this thread that failed did; "" where none has. Never NULL. */
PARLAB_EXPORT const char* parlab_last_error(void);
/* The SIMD instructions that kernels use on this processor: "AVX3_ZEN4". */
PARLAB_EXPORT const char* parlab_simd_level(void);

/* Every backend of this build on every schedule, every kernel variant ("julia/simd"), separated by
 * spaces. */
PARLAB_EXPORT const char* parlab_backends(void);
PARLAB_EXPORT const char* parlab_kernels(void);

/* ---- Who computes ---------------------------------------------------------------------------- */

typedef struct parlab_backend parlab_backend;

/* name: "tbb:auto", "openmp", "processes:dynamic", ...; workers: 1 to 4096, 0 for all usable cores
 * (serial has one). */
PARLAB_EXPORT parlab_status parlab_backend_open(const char* name, int32_t workers,
                                                parlab_backend** backend);
/* NULL is allowed. Not while a call runs on it. */
PARLAB_EXPORT void parlab_backend_close(parlab_backend* backend);
PARLAB_EXPORT int32_t parlab_backend_workers(const parlab_backend* backend);
/* Ends the call that runs on it, if any, with PARLAB_INTERRUPTED when the chunks that are being
 * computed are done: some 20 ms. Callable from any thread and from signal handlers. */
PARLAB_EXPORT void parlab_backend_interrupt(parlab_backend* backend);

/* ---- Arrays ---------------------------------------------------------------------------------- */

typedef enum parlab_dtype {
  PARLAB_FLOAT64 = 1,
  PARLAB_UINT64 = 2,
  PARLAB_UINT32 = 3,
  PARLAB_UINT8 = 4,
} parlab_dtype;

/* data points to the first element; strides are bytes from one index to the next, one a dimension,
 * as numpy's; those of the last dimension must be the size of an element, none may be negative, and
 * elements may not overlap. */
typedef struct parlab_array {
  void* data;
  int32_t dtype;
  int32_t dimensions;
  const int64_t* shape;
  const int64_t* strides;
  int32_t writable; /* 0: the call refuses to write to it */
  int32_t shared;   /* 1: shared with forked processes (mmap, MAP_SHARED), so that the backend
                       processes writes in place, not by way of a copy */
} parlab_array;

/* ---- Kernels: grain 0 chooses ------------------------------------------------------------------ */

/* How many of darts [0, darts) lie inside the quarter circle; pi is 4 * inside / darts.
 * variant: "simd", "scalar", ...; NULL for simd. */
PARLAB_EXPORT parlab_status parlab_pi(parlab_backend* backend, uint64_t darts, uint64_t seed,
                                      const char* variant, uint64_t grain, uint64_t* inside);

/* How many primes [from, to) holds. algorithm: "sieve" or "trial"; NULL for sieve. */
PARLAB_EXPORT parlab_status parlab_count_primes(parlab_backend* backend, uint64_t from, uint64_t to,
                                                const char* algorithm, uint64_t grain,
                                                uint64_t* count);
/* An upper bound for it, at once: how many elements the array of parlab_list_primes needs. */
PARLAB_EXPORT parlab_status parlab_most_primes(uint64_t from, uint64_t to, uint64_t* most);
/* Writes them in order into primes (UINT64, 1-D, at least parlab_most_primes elements). */
PARLAB_EXPORT parlab_status parlab_list_primes(parlab_backend* backend, uint64_t from, uint64_t to,
                                               uint64_t grain, const parlab_array* primes,
                                               uint64_t* count);

/* 1 where the number is prime, else 0, for all of numbers (UINT64, 1-D) into out (UINT8, 1-D, of the
 * same length). */
PARLAB_EXPORT parlab_status parlab_is_prime(parlab_backend* backend, const parlab_array* numbers,
                                            const parlab_array* out, uint64_t grain);

/* The smallest divisor of n above 1; n itself where n is prime. n >= 2. */
PARLAB_EXPORT parlab_status parlab_smallest_factor(parlab_backend* backend, uint64_t n,
                                                   uint64_t grain, uint64_t* factor);

/* The steps of z -> z^2 + c until |z| >= 2, at most most_steps, for each pixel of out (UINT32, rows
 * x columns): that of row i, column j is left + j * step, top - i * step.
 * variant: "simd" or "scalar"; NULL for simd. total_steps: their sum, may be NULL. */
PARLAB_EXPORT parlab_status parlab_julia(parlab_backend* backend, const parlab_array* out,
                                         double left, double top, double step, double c_real,
                                         double c_imaginary, uint32_t most_steps,
                                         const char* variant, uint64_t grain,
                                         uint64_t* total_steps);

/* `steps` steps of heat from `from` to `to` (FLOAT64, rows x columns, of one shape, not
 * overlapping): next = centre + rate * (sum of four neighbours - 4 centre); the edge keeps what it
 * has. rate: finite; stable up to 0.25. depth: steps a sweep of the variant tiled, 0 chooses.
 * variant: "tiled", "simd", "scalar", ...; NULL for tiled. */
PARLAB_EXPORT parlab_status parlab_diffusion(parlab_backend* backend, const parlab_array* from,
                                             const parlab_array* to, double rate, uint64_t steps,
                                             int32_t depth, const char* variant, uint64_t grain);

#ifdef __cplusplus
}
#endif
#endif
