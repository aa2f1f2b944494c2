#include "kernels/sharing/memory/value.hpp"

#include "kernels/sharing/process.hpp"

using namespace parlab;

int main() {
  RawValue<bool> found(false);  // one load to read; no lock
  RawArray<double> samples(1000);
  Value<long> total(0);  // any trivially copyable type, and a lock
  Array<int> counts(10);
  Process worker([&] {
    total.update([](long& t) { t += 5; });
    counts.update([](std::span<int> c) { ++c[3]; });
    samples[7] = 0.5;
    found.store(true);
  });
  worker.start();
  worker.join();
  return found.load() && total.get() == 5 && counts[3] == 1 && samples[7] == 0.5 ? 0 : 1;
}
