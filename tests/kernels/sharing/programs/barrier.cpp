#include "kernels/sharing/condition.hpp"
#include "kernels/sharing/process.hpp"
#include "kernels/sharing/raw_value.hpp"

using namespace parlab;

int main() {
  RawArray<int> parts(2);
  RawValue<int> sum(0);
  Barrier both(2, [&] { sum.store(parts[0] + parts[1]); });  // by the last to come
  Process worker([&] {
    parts[0] = 3;
    both.wait();
    return sum.load() == 7 ? 0 : 1;
  });
  worker.start();
  parts[1] = 4;
  both.wait();
  worker.join();
  return worker.exitcode() == 0 && sum.load() == 7 ? 0 : 1;
}
