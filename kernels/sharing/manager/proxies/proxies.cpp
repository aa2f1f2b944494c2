#include "kernels/sharing/manager/proxies/proxies.hpp"

#include <exception>

#include "kernels/sharing/manager/messages/manager_frames.hpp"

namespace parlab {

std::optional<ManagedData> Proxy::try_call(std::string_view method, const ManagedData& arguments,
                                           Deadline deadline) const {
  const std::optional<std::string> answer = call_bytes(method, to_bytes(arguments), deadline);
  if (!answer) return std::nullopt;
  return answer->empty() ? ManagedData() : from_bytes(*answer);
}

bool ManagedQueue::put_many(const std::vector<std::string>& items, Deadline deadline) const {
  std::string batch;
  for (const std::string& item : items) append_frame(batch, item);
  return call_bytes("put_many", batch, deadline).has_value();
}

std::vector<std::string> ManagedQueue::get_many(WholeNumber most, Deadline deadline) const {
  std::vector<std::string> items;
  const std::optional<std::string> batch = call_bytes("get_many", to_bytes(most.value()), deadline);
  if (!batch) return items;
  std::string_view rest = *batch;
  while (const auto item = take_frame(rest)) items.emplace_back(*item);
  return items;
}

void Proxy::try_to_call(std::string_view method) const noexcept {
  try {
    if (held_->client().connected()) call_bytes(method, {}, std::chrono::seconds(0));
  } catch (const std::exception&) {  // gone, and what this thread had there with it
  }
}

}  // namespace parlab
