#include "experiments/sharing/process_memory.hpp"

#include <fstream>
#include <stdexcept>
#include <string>

namespace parlab {

ProcessMemory process_memory() {
  std::ifstream file("/proc/self/smaps_rollup");
  ProcessMemory memory{};
  bool found = false;
  std::string heading;
  std::getline(file, heading);  // the range that is summed up
  std::string name;
  std::uint64_t kibibytes = 0;
  std::string unit;
  while (file >> name >> kibibytes >> unit) {
    if (name == "Rss:") memory.rss_bytes = kibibytes * 1024;
    if (name == "Pss:") memory.pss_bytes = kibibytes * 1024;
    if (name == "Private_Clean:" || name == "Private_Dirty:")
      memory.private_bytes += kibibytes * 1024;
    found = true;
  }
  if (!found)
    throw std::runtime_error("this kernel does not tell memory in /proc/self/smaps_rollup");
  return memory;
}

}  // namespace parlab
