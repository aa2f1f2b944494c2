#include "kernels/sharing/memory/shared_array.hpp"

#include "kernels/sharing/process.hpp"

using namespace parlab;

int main() {
  SharedArray<double> field({100, 80});  // row-major, zero
  field.populate();                      // all first touches now
  Process worker([&] { field.row(3)[4] = 1.5; });
  worker.start();
  worker.join();
  const auto named = SharedArray<double>::named({10});  // for a program that is no child
  const auto same = SharedArray<double>::attach(named.name(), {10});
  same[0] = 2.5;
  return field[3 * 80 + 4] == 1.5 && named[0] == 2.5 ? 0 : 1;
}
