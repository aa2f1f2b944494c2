#include <atomic>

#include "kernels/sharing/pool.hpp"

using namespace parlab;

long square(long n) {
  if (n < 0) throw std::invalid_argument("below 0");
  return n * n;
}

int main() {
  std::atomic<long> sum = 0;
  std::atomic<int> failed = 0;
  Pool pool(2);  // or ThreadPool
  const std::vector<long> numbers = {1, 2, 3};
  pool.map_async(square, numbers, 0, {.callback = [&](const std::vector<long>& squares) {
                   for (const long n : squares) sum += n;
                 }});
  pool.apply_async(square, std::tuple(-1L),
                   {.callback = [&](long n) { sum += n; },
                    .error_callback = [&](const std::exception_ptr&) { ++failed; }});
  pool.close();
  pool.join();  // for the callbacks, too
  return sum == 14 && failed == 1 ? 0 : 1;
}
