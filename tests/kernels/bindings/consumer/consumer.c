#include <parlab.h>
#include <stdio.h>

int main(void) {
  parlab_backend* backend = NULL;
  uint64_t primes = 0;
  if (parlab_backend_open("threads", 2, &backend) != PARLAB_OK ||
      parlab_count_primes(backend, 0, 1000000, NULL, 0, &primes) != PARLAB_OK) {
    fprintf(stderr, "%s\n", parlab_last_error());
    return 1;
  }
  parlab_backend_close(backend);
  printf("%llu primes\n", (unsigned long long)primes);
  return primes == 78498 ? 0 : 1;
}
