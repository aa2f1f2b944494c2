/* parlab's kernels and backends for other languages: plain C, one shared library, libparlab.so.1.
 *
 * Calls return a status. Anything but PARLAB_OK leaves a message for people, in one line that says
 * what is wrong and what to do: parlab_last_error(). Results travel through pointers, and hold
 * something only after PARLAB_OK. No call prints, exits, or throws: whatever is thrown inside, by
 * parlab, the standard library or one under a backend, becomes a status and a message. A thread that
 * is cancelled in a call ends after it.
 *
 * Ownership. What parlab_..._open gives is yours until you give it to parlab_..._close. Arrays stay
 * yours: a call reads and writes them where they lie and keeps no pointer. No other thread may write
 * to an array while a call reads it, or touch one that a call writes. Strings that a call returns
 * belong to the library: parlab_last_error()'s lives until the thread's next call, others until the
 * process ends.
 *
 * Threads. Any thread may call anything. A backend runs one call at a time; a second call on the
 * same handle waits for the first. parlab_backend_interrupt() alone does not wait, and may be called
 * from a signal handler. Errors are kept per thread.
 *
 * Too few threads. Where a limit (ulimit -u or -v, a cgroup's) keeps a thread or process from being
 * started, the call returns PARLAB_FAILED, and the message names which one of how many, and the
 * limit. The libraries under openmp, tbb, stdpar and taskflow would end the process: their threads are
 * started and ended once before, at open and at a first call with more of them. That is no promise:
 * where somebody else takes the room in between, the library may still end the process. threads,
 * thread_pool, asio_pool and processes never do.
 *
 * Forks. A handle is refused in a process that was forked after it was opened; closing it there does
 * nothing. openmp, tbb and stdpar, whose threads a fork loses, cannot be opened in a child of a
 * process that opened one. What else a forked child may call is everything.
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
  PARLAB_BAD_INPUT = 1,   /* an argument is wrong; nothing was computed or written */
  PARLAB_FAILED = 2,      /* the run failed: a worker died, a thread could not be started */
  PARLAB_NO_MEMORY = 3,   /* out of memory, or of shared memory */
  PARLAB_INTERRUPTED = 4, /* by parlab_backend_interrupt() */
  /* After 2, 3 and 4 an array that the call writes may be written in part. */
} parlab_status;

/* The ABI of the library that is loaded: what to compare with PARLAB_ABI_VERSION first. */
PARLAB_EXPORT uint32_t parlab_abi_version(void);
/* The library's release: "0.1.0". */
PARLAB_EXPORT const char* parlab_version(void);
/* Why the last call of this thread that failed did; "" where none has. Never NULL. */
PARLAB_EXPORT const char* parlab_last_error(void);
/* The SIMD instructions that kernels use on this processor: "AVX3_ZEN4". The variable PARLAB_SIMD, set
 * when the library is loaded, names a lower level, "sse4"; where it names none that there is,
 * parlab_backend_open refuses with the list. */
PARLAB_EXPORT const char* parlab_simd_level(void);

/* The processors that calls of this thread compute on: those that the thread may use; where OpenMP
 * has bound it to one of its places (OMP_PROC_BIND and the like), those that the process was given.
 * Writes the first `room` of their numbers, in ascending order, and returns how many there are.
 * numbers: NULL only where room is 0. */
PARLAB_EXPORT int32_t parlab_processors(int32_t* numbers, int32_t room);

/* Every backend of this build on every schedule ("tbb:auto"), every kernel variant ("julia/simd"),
 * separated by spaces. Never NULL. */
PARLAB_EXPORT const char* parlab_backends(void);
PARLAB_EXPORT const char* parlab_kernels(void);

/* ---- Who computes ---------------------------------------------------------------------------- */

typedef struct parlab_backend parlab_backend;

/* What OpenMP binds. Where the environment binds OpenMP's threads (OMP_PROC_BIND, OMP_PLACES,
 * GOMP_CPU_AFFINITY, KMP_AFFINITY), so does the backend openmp; all others compute on all of
 * parlab_processors(), also when the calling thread was bound. After a call the calling thread may
 * run where it could before. */

/* name: one of parlab_backends(), or without its schedule for the default one; workers: 1 to 4096, 0
 * for all cores that the calling thread may use, by its affinity mask and a container's CPU quota, of
 * which the part below a core does not count (serial has one). On an error *backend is NULL. */
PARLAB_EXPORT parlab_status parlab_backend_open(const char* name, int32_t workers,
                                                parlab_backend** backend);
/* NULL is allowed. Not while a call runs on it, or after it was closed. */
PARLAB_EXPORT void parlab_backend_close(parlab_backend* backend);
/* How many compute at once; 0 for NULL. */
PARLAB_EXPORT int32_t parlab_backend_workers(const parlab_backend* backend);
/* Ends the call that runs on it, if any, with PARLAB_INTERRUPTED when the chunks that are being
 * computed are done: some 20 ms where the grain is 0. Seconds, where one index alone takes them: a
 * sieve, or a number's trial division, near 2^64; a pixel of 10^9 steps. A call that starts later is
 * not touched. Callable from any thread and from signal handlers; NULL is allowed. */
PARLAB_EXPORT void parlab_backend_interrupt(parlab_backend* backend);

/* ---- Arrays ---------------------------------------------------------------------------------- */

typedef enum parlab_dtype {
  PARLAB_FLOAT64 = 1,
  PARLAB_UINT64 = 2,
  PARLAB_UINT32 = 3,
  PARLAB_UINT8 = 4,
} parlab_dtype;

/* Where an array lies, in C's order. Elements of the last dimension lie side by side; rows may lie
 * apart, but neither overlap nor run backwards. What is otherwise is refused, as is an address that
 * is not a multiple of an element's size, and an array to write to that shares a byte with one to
 * read, also where a file or shared memory was mapped at two addresses. */
typedef struct parlab_array {
  void* data;             /* the first element; NULL only where a length is 0 */
  int32_t dtype;          /* a parlab_dtype */
  int32_t dimensions;     /* of shape and of strides */
  const int64_t* shape;   /* elements, one length a dimension */
  const int64_t* strides; /* bytes from one index to the next, one a dimension, as numpy's */
  int32_t writable;       /* 0: the call refuses to write to it */
  int32_t shared;         /* 1: shared with forked processes (mmap, MAP_SHARED), so that the backend
                             processes writes in place; 0: there, through a copy */
} parlab_array;

/* ---- Kernels ----------------------------------------------------------------------------------
 *
 * grain: indices a chunk, the piece that a worker takes at once (darts, numbers, pixels, rows); 0
 * chooses. variant, algorithm: of those that parlab_kernels() lists; NULL chooses the fastest. */

/* How many of darts [0, darts) lie inside the quarter circle of radius 1; pi is about 4 * inside /
 * darts. Dart i is a function of i and the seed. variant: of monte_carlo; "mt19937_64" and
 * "minstd_rand", which are one sequence, need one worker. */
PARLAB_EXPORT parlab_status parlab_pi(parlab_backend* backend, uint64_t darts, uint64_t seed,
                                      const char* variant, uint64_t grain, uint64_t* inside);

/* How many primes [from, to) holds, from <= to. algorithm: "sieve", "batch" or "trial";
 * NULL for sieve. */
PARLAB_EXPORT parlab_status parlab_count_primes(parlab_backend* backend, uint64_t from, uint64_t to,
                                                const char* algorithm, uint64_t grain,
                                                uint64_t* count);
/* An upper bound for it, without counting: how many elements parlab_list_primes needs room for. */
PARLAB_EXPORT parlab_status parlab_most_primes(uint64_t from, uint64_t to, uint64_t* most);
/* Writes them in order into primes (UINT64, 1-D, at least parlab_most_primes elements), from its
 * first element on; what lies beyond *count stays as it was. Takes as much memory again. */
PARLAB_EXPORT parlab_status parlab_list_primes(parlab_backend* backend, uint64_t from, uint64_t to,
                                               uint64_t grain, const parlab_array* primes,
                                               uint64_t* count);

/* 1 where the number is prime, else 0, for all of numbers (UINT64, 1-D) into out (UINT8, 1-D, of the
 * same length). */
PARLAB_EXPORT parlab_status parlab_is_prime(parlab_backend* backend, const parlab_array* numbers,
                                            const parlab_array* out, uint64_t grain);

/* The smallest divisor of n above 1; n itself where n is prime. n >= 2. variant: "naive", "wheel" or
 * "vector"; NULL for vector. */
PARLAB_EXPORT parlab_status parlab_smallest_factor(parlab_backend* backend, uint64_t n,
                                                   const char* variant, uint64_t grain,
                                                   uint64_t* factor);

/* The steps of z -> z^2 + c until |z| >= 2, at most max_steps, for each pixel of out (UINT32, rows
 * x columns): z begins at (left + j * step) + (top - i * step) i for row i, column j, all in units
 * of the plane and finite. variant: "simd" or "scalar"; NULL for simd. total_steps: their sum, may be
 * NULL. */
PARLAB_EXPORT parlab_status parlab_julia(parlab_backend* backend, const parlab_array* out,
                                         double left, double top, double step, double c_real,
                                         double c_imaginary, uint32_t max_steps,
                                         const char* variant, uint64_t grain,
                                         uint64_t* total_steps);

/* `steps` steps of heat from `from` to `to` (FLOAT64, rows x columns, of one shape, not
 * overlapping): next = centre + rate * (sum of four neighbours - 4 centre); the edge keeps what it
 * has; 0 steps copy. rate: D dt / dx^2, finite; stable up to 0.25. depth: steps a sweep of the
 * variant tiled, 1 to 64, 0 chooses. variant: of diffusion, "stream" excepted, which only copies;
 * NULL for tiled. Takes the memory of one more plate. */
PARLAB_EXPORT parlab_status parlab_diffusion(parlab_backend* backend, const parlab_array* from,
                                             const parlab_array* to, double rate, uint64_t steps,
                                             int32_t depth, const char* variant, uint64_t grain);
/* The same with a choice of edges: "fixed", which is the above; "periodic": the cells beyond an edge
 * are those of the opposite one; NULL for fixed. */
PARLAB_EXPORT parlab_status parlab_diffusion_with_edges(
    parlab_backend* backend, const parlab_array* from, const parlab_array* to, double rate,
    uint64_t steps, int32_t depth, const char* edges, const char* variant, uint64_t grain);

#ifdef __cplusplus
}
#endif
#endif
