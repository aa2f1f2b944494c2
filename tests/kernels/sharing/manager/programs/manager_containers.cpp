#include <string>

#include "kernels/sharing/manager.hpp"
using namespace parlab;

int main() {
  Manager manager;
  ManagedList list = manager.list({3, 1, 2});
  list.extend("ab");                         // 3 1 2 a b
  list.erase_slice({.start = -2});           // 3 1 2
  list.sort();                               // 1 2 3
  list.insert(0, 2);                         // 2 1 2 3
  ManagedData middle = list.slice({1, -1});  // 1 2
  std::size_t twos = list.count(2);
  for (const ManagedData& value : list) list.append(value);  // the values of its beginning

  ManagedDict dict = manager.dict({{"a", 1}});
  ManagedData none = dict.get("b", 0);  // get("b") throws
  dict.setdefault("b", 2);              // atomic
  dict.update(ManagedData::object({{"c", 3}, {"d", 4}}));
  auto [key, value] = dict.popitem();  // the last that came: d, 4
  int sum = 0;
  for (const std::string& name : dict) sum += dict.get(name).get<int>();
  return middle == ManagedData({1, 2}) && twos == 2 && list.size() == 8 && none == 0 &&
                 key == "d" && value == 4 && sum == 6
             ? 0
             : 1;
}
