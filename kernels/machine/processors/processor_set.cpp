#include "kernels/machine/processors/processor_set.hpp"

#include <sched.h>

#include <bit>

namespace parlab {

void ProcessorSet::add(int processor) {
  const auto bit = static_cast<std::size_t>(processor);
  if (bit < capacity) words[bit / bits_per_word] |= 1UL << bit % bits_per_word;
}

int ProcessorSet::count() const {
  int sum = 0;
  for (const unsigned long word : words) sum += std::popcount(word);
  return sum;
}

std::vector<int> ProcessorSet::numbers() const {
  std::vector<int> numbers;
  for (std::size_t i = 0; i < words.size(); ++i)
    for (unsigned long left = words[i]; left != 0; left &= left - 1)
      numbers.push_back(static_cast<int>(i * bits_per_word) + std::countr_zero(left));
  return numbers;
}

// The system's functions take sets of any size by a pointer to the fixed one.
ProcessorSet processors_of_thread() {
  ProcessorSet processors{};
  if (sched_getaffinity(0, sizeof processors, reinterpret_cast<cpu_set_t*>(&processors)) != 0)
    return {};
  return processors;
}

bool bind_thread(const ProcessorSet& processors) {
  return sched_setaffinity(0, sizeof processors, reinterpret_cast<const cpu_set_t*>(&processors)) ==
         0;
}

}  // namespace parlab
