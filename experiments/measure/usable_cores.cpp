#include "experiments/measure/usable_cores.hpp"

namespace parlab {

std::string worker_counts() {
  const int cores = usable_cores();
  std::string counts;
  for (int workers = 1; workers < cores; workers *= 2) counts += std::to_string(workers) + ",";
  return counts + std::to_string(cores);
}

}  // namespace parlab
