#include "kernels/sharing/manager/proxies.hpp"

#include "kernels/sharing/manager/wire.hpp"

namespace parlab {

std::optional<ManagedData> Proxy::try_call(std::string_view method, const ManagedData& arguments,
                                           CallTimeout timeout) const {
  const std::optional<std::string> answer = call_bytes(method, to_bytes(arguments), timeout);
  if (!answer) return std::nullopt;
  return answer->empty() ? ManagedData() : from_bytes(*answer);
}

bool ManagedQueue::put_many(const std::vector<std::string>& items, CallTimeout timeout) const {
  std::string batch;
  for (const std::string& item : items) {
    batch += raw_bytes(FrameSize{item.size()});
    batch += item;
  }
  return call_bytes("put_many", batch, timeout).has_value();
}

std::vector<std::string> ManagedQueue::get_many(std::size_t most, CallTimeout timeout) const {
  std::vector<std::string> items;
  const std::optional<std::string> batch = call_bytes("get_many", to_bytes(most), timeout);
  if (!batch) return items;
  std::string_view rest = *batch;
  for (FrameSize size = 0; take_front(rest, size); rest.remove_prefix(size))
    items.emplace_back(rest.substr(0, size));
  return items;
}

Acquired ManagedLock::acquire(CallTimeout timeout) const {
  const std::optional<ManagedData> abandoned = try_call("acquire", nullptr, timeout);
  if (!abandoned) return Acquired::no;
  return abandoned->get<bool>() ? Acquired::abandoned : Acquired::clean;
}

}  // namespace parlab
