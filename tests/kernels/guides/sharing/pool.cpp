#include "kernels/sharing/pool/pool.hpp"

#include <cstdlib>

using namespace parlab;

bool is_prime(int n) {
  for (int d = 2; d * d <= n; ++d)
    if (n % d == 0) return false;
  return n > 1;
}

int main() {
  const std::vector<int> numbers = {2, 3, 4, 5, 6, 7};
  Pool pool(2);  // or ThreadPool
  std::vector<bool> answers = pool.map(is_prime, numbers);
  AsyncResult<bool> later = pool.apply_async(is_prime, 97);
  int primes = 0;
  for (bool prime : pool.imap_unordered(is_prime, numbers, 2)) primes += prime;
  try {
    pool.apply([] { std::abort(); });
  } catch (const WorkerDied& death) {  // death.signal(), death.index(); the pool goes on
  }
  return primes == 4 && answers[5] && later.get() ? 0 : 1;
}
