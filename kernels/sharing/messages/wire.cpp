#include "kernels/sharing/messages/wire.hpp"

namespace parlab {

void append(Bytes& message, const void* data, std::size_t count) {
  const auto* bytes = static_cast<const std::byte*>(data);
  message.insert(message.end(), bytes, bytes + count);
}

}  // namespace parlab
