#include "kernels/sharing/manager/list_proxies.hpp"

namespace parlab {

ManagedData ManagedArray::to_data(const ManagedSlice& part) {
  const auto end = [](const std::optional<WholeNumber>& number) {
    return number ? ManagedData(number->value()) : ManagedData();
  };
  return ManagedData::array({end(part.start), end(part.stop), part.step.value()});
}

void ManagedArray::set_slice(const ManagedSlice& part, const ManagedData& values) const {
  ManagedData arguments = to_data(part);
  arguments.push_back(values);
  call("set_slice", arguments);
}

ManagedData ManagedList::operator+(const ManagedData& more) const {
  if (!more.is_array()) throw ManagerError("a list can be joined to a list only: use extend()");
  ManagedData joined = all();
  joined.insert(joined.end(), more.begin(), more.end());
  return joined;
}

ManagedData ManagedList::operator*(WholeNumber times) const {
  const ManagedData once = all();
  ManagedData repeated = ManagedData::array();
  for (std::int64_t i = 0; !once.empty() && i < times.value(); ++i)
    repeated.insert(repeated.end(), once.begin(), once.end());
  return repeated;
}

}  // namespace parlab
