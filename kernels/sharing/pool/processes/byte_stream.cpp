#include "kernels/sharing/pool/processes/byte_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {

using Length = std::uint64_t;

std::size_t ByteStream::room() {
  if (next_ - read_seen_ >= capacity / 2) read_seen_ = read_.load(std::memory_order_acquire);
  return capacity - static_cast<std::size_t>(next_ - read_seen_);
}

void ByteStream::append(BytesView bytes) {
  const std::size_t at = next_ % capacity;
  const std::size_t before_wrap = std::min(bytes.size(), capacity - at);
  if (before_wrap != 0) std::memcpy(bytes_.data() + at, bytes.data(), before_wrap);
  if (before_wrap != bytes.size())
    std::memcpy(bytes_.data(), bytes.data() + before_wrap, bytes.size() - before_wrap);
  next_ += bytes.size();
}

bool ByteStream::is_filling() { return room() < capacity / 2; }

BytesView ByteStream::front() {
  const std::uint64_t read = read_.load(std::memory_order_relaxed);
  if (written_seen_ == read) written_seen_ = written_.load(std::memory_order_acquire);
  const std::uint64_t some = written_seen_ - read;
  if (some > capacity) throw BadMessage("the counts of a stream make no sense");
  const std::size_t at = read % capacity;
  return BytesView(bytes_).subspan(at, std::min<std::size_t>(some, capacity - at));
}

void ByteStream::consume(std::size_t bytes) {
  read_.store(read_.load(std::memory_order_relaxed) + bytes);
}

void ByteStream::reset() {
  next_ = read_seen_ = written_seen_ = 0;
  written_.store(0);
  read_.store(0);
}

bool StreamWriter::write(ByteStream& stream, BytesView message) {
  const Length length = message.size();
  const auto head = std::as_bytes(std::span(&length, 1));
  std::size_t room = stream.room();
  const auto append = [&](BytesView rest) {
    const BytesView next = rest.first(std::min(rest.size(), room));
    stream.append(next);
    done_ += next.size();
    room -= next.size();
  };
  if (done_ < sizeof length) append(head.subspan(done_));
  if (done_ >= sizeof length) append(message.subspan(done_ - sizeof length));
  stream.publish();
  if (done_ < sizeof length + message.size()) return false;
  done_ = 0;
  return true;
}

bool StreamReader::read(ByteStream& stream) {
  if (in_place_ != 0) stream.consume(std::exchange(in_place_, 0));
  if (!under_way_) {
    const BytesView front = stream.front();
    if (front.empty()) return false;
    if (front.size() >= sizeof length_) {  // mostly
      std::memcpy(&length_, front.data(), sizeof length_);
      if (length_ <= front.size() - sizeof length_) {
        message_ = front.subspan(sizeof length_, length_);
        in_place_ = sizeof length_ + length_;
        return true;
      }
    }
    under_way_ = true;
    bytes_.clear();
  }
  // The length and the bytes, as they come. Memory is taken for what has come, whatever length was
  // said.
  std::size_t wanted = sizeof length_;
  for (bool has_length = bytes_.size() >= sizeof length_;;) {
    if (has_length) wanted = sizeof length_ + length_;
    if (bytes_.size() == wanted) {
      if (has_length) break;
      std::memcpy(&length_, bytes_.data(), sizeof length_);
      if (length_ > max_message_bytes) throw BadMessage("what came over a stream is not a message");
      has_length = true;
      continue;
    }
    const BytesView front = stream.front();
    if (front.empty()) return false;
    const BytesView next = front.first(std::min(front.size(), wanted - bytes_.size()));
    bytes_.insert(bytes_.end(), next.begin(), next.end());
    stream.consume(next.size());
  }
  under_way_ = false;
  message_ = BytesView(bytes_).subspan(sizeof length_);
  return true;
}

void StreamReader::reset() {
  in_place_ = 0;
  under_way_ = false;
}

}  // namespace parlab
