"""What cffi is told of parlab.h: its own C parser reads it, without a preprocessor."""

DECLARATIONS = """
typedef struct parlab_backend parlab_backend;
typedef struct parlab_array {
  void* data;
  int32_t dtype;
  int32_t dimensions;
  const int64_t* shape;
  const int64_t* strides;
  int32_t writable;
  int32_t shared;
} parlab_array;
int parlab_backend_open(const char* name, int32_t workers, parlab_backend** backend);
int parlab_pi(parlab_backend* backend, uint64_t darts, uint64_t seed, const char* variant,
              uint64_t grain, uint64_t* inside);
int parlab_is_prime(parlab_backend* backend, const parlab_array* numbers, const parlab_array* out,
                    uint64_t grain);
const char* parlab_last_error(void);
"""
