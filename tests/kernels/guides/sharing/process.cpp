#include "kernels/sharing/process.hpp"

#include "kernels/sharing/memory/raw_value.hpp"

using namespace parlab;

int main() {
  RawValue<int> answer(0);
  Process worker([&] { answer.store(42); });
  worker.start();
  worker.join();  // join(1s) gives up; terminate() and kill() end it
  return worker.exitcode() == 0 && answer.load() == 42 ? 0 : 1;
}
