#include "kernels/sharing/message_ring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "kernels/sharing/sharing_errors.hpp"

namespace parlab {

MessageRing::MessageRing(std::uint64_t capacity, std::uint64_t bytes)
    : slots_(capacity + 1),
      bytes_(bytes),
      ring_(bytes_of_elements(capacity, sizeof(std::uint64_t), bytes) + sizeof(std::uint64_t),
            capacity) {}

std::uint64_t& MessageRing::end_of(std::uint64_t position) const {
  return reinterpret_cast<std::uint64_t*>(ring_.extra())[position % slots_];
}

std::uint64_t MessageRing::begin_of(std::uint64_t position) const {
  return position == 0 ? 0 : end_of(position - 1);
}

Ring::Outcome MessageRing::put(BytesView message, Deadline deadline) {
  if (message.size() > bytes_)
    throw BadMessage(
        fmt::format("a message of {} bytes does not fit in a queue of {}: make the "
                    "queue larger, or share an array",
                    message.size(), bytes_));
  std::byte* bytes = ring_.extra() + slots_ * sizeof(std::uint64_t);
  const auto fits = [&] {
    const std::uint64_t used = begin_of(ring_->put_position()) - begin_of(ring_->got_position());
    return bytes_ - used >= message.size();
  };
  return ring_->put(deadline, fits, [&](std::uint64_t position) {
    const std::uint64_t begin = begin_of(position);
    const std::uint64_t before_wrap =
        std::min<std::uint64_t>(message.size(), bytes_ - begin % bytes_);
    if (!message.empty()) {
      std::memcpy(bytes + begin % bytes_, message.data(), before_wrap);
      std::memcpy(bytes, message.data() + before_wrap, message.size() - before_wrap);
    }
    end_of(position) = begin + message.size();
  });
}

Ring::Outcome MessageRing::get(Bytes& message, Deadline deadline) {
  const std::byte* bytes = ring_.extra() + slots_ * sizeof(std::uint64_t);
  return ring_->get(deadline, [&](std::uint64_t position) {
    const std::uint64_t begin = begin_of(position);
    message.resize(end_of(position) - begin);
    const std::uint64_t before_wrap =
        std::min<std::uint64_t>(message.size(), bytes_ - begin % bytes_);
    if (message.empty()) return;
    std::memcpy(message.data(), bytes + begin % bytes_, before_wrap);
    std::memcpy(message.data() + before_wrap, bytes, message.size() - before_wrap);
  });
}

}  // namespace parlab
