#include <map>

#include "kernels/sharing/manager.hpp"
using namespace parlab;

struct Histogram {
  std::map<int, int> counts;
  int add(int value) { return ++counts[value]; }
};

int main() {
  ManagerOptions options;
  options.types.add<Histogram>(
      "Histogram", [](const ManagedData&) { return Histogram(); },
      {{"add", [](Histogram& h, const ManagedData& x) { return h.add(x.get<int>()); }}});
  Manager manager(std::move(options));
  ManagedObject histogram = manager.object("Histogram");
  histogram.call("add", 7);
  return histogram.call("add", 7) == 2 ? 0 : 1;
}
