#include <cstdint>
#include <vector>

#include "kernels/sharing/manager.hpp"
using namespace parlab;

bool is_prime(std::uint64_t n) {
  for (std::uint64_t divisor = 2; divisor * divisor <= n; ++divisor)
    if (n % divisor == 0) return false;
  return n > 1;
}

int main() {
  ManagerOptions options;
  options.functions.add("is_prime", is_prime).add("scale", [](double x, double by) {
    return x * by;
  });
  Manager manager(std::move(options));
  ManagedPool pool = manager.pool(2);  // processes of the manager, for all its clients
  ManagedData answers = pool.map("is_prime", {7, 8, 9});
  ManagedResult later = pool.apply_async("scale", 2, 1.5);
  const std::vector<int> numbers = {2, 3, 4, 5};
  int primes = 0;
  for (const ManagedData& prime : pool.imap_unordered("is_prime", numbers, 2))
    primes += prime.get<bool>() ? 1 : 0;
  ManagedData scaled = later.get(std::chrono::seconds(10));
  pool.close();
  pool.join();
  return answers == ManagedData({true, false, false}) && scaled == 3.0 && primes == 3 ? 0 : 1;
}
