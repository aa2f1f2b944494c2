#include "kernels/sharing/pool/worker_slot.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "kernels/base/sharing_errors.hpp"

namespace parlab {
namespace {

bool is_gone(int error) { return error == EPIPE || error == ECONNRESET; }

}  // namespace

void Seat::take(FileDescriptor socket) {
  leave();
  socket_ = std::move(socket);
  number_ = 0;
  place_->reset();
}

void Seat::leave() {
  socket_.reset();
  outgoing_.clear();
  under_way_ = false;
}

void Seat::give(std::shared_ptr<PoolTask> task) {
  // One message as packets.cpp sends it, cut into packets.
  Bytes message(sizeof(std::uint64_t));
  put_on_wire(message, TaskHead{++number_, task->runner(), task->first_item()});
  task->write_input(message);
  given_.emplace_back(number_, std::move(task));
  const std::uint64_t length = message.size() - sizeof length;
  std::copy_n(reinterpret_cast<const std::byte*>(&length), sizeof length, message.begin());
  if (message.size() <= packet_bytes) {
    outgoing_.push_back(std::move(message));
  } else {
    for (std::size_t at = 0; at < message.size(); at += packet_bytes)
      outgoing_.emplace_back(message.begin() + static_cast<std::ptrdiff_t>(at),
                             message.begin() + static_cast<std::ptrdiff_t>(
                                                   std::min(at + packet_bytes, message.size())));
  }
  flush();
}

void Seat::flush() {
  while (!outgoing_.empty()) {
    const Bytes& packet = outgoing_.front();
    if (send(socket_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) return;
      if (is_gone(errno)) throw EndOfFile("a worker is gone");
      throw std::system_error(errno, std::generic_category(), "cannot send to a worker");
    }
    outgoing_.pop_front();
  }
}

bool Seat::receive() {
  for (;;) {
    std::uint64_t length = 0;
    if (!under_way_) {
      incoming_.resize(std::max(incoming_.capacity(), packet_bytes));
      received_ = 0;
    }
    std::array<iovec, 2> parts = {
        {{&length, sizeof length}, {incoming_.data() + received_, incoming_.size() - received_}}};
    msghdr packet{};
    packet.msg_iov = under_way_ ? &parts[1] : parts.data();
    packet.msg_iovlen = under_way_ ? 1 : 2;
    const ssize_t size = recvmsg(socket_.get(), &packet, MSG_DONTWAIT);
    if (size == 0 || (size < 0 && is_gone(errno))) throw EndOfFile("a worker is gone");
    if (size < 0) {
      if (errno == EAGAIN || errno == EINTR) return false;
      throw std::system_error(errno, std::generic_category(), "cannot receive from a worker");
    }
    received_ += static_cast<std::size_t>(size);
    if (!under_way_) {
      received_ -= sizeof length;
      incoming_.resize(length);
    }
    under_way_ = received_ < incoming_.size();
    if (!under_way_) return true;
  }
}

std::shared_ptr<PoolTask> Seat::answered(std::uint32_t number) {
  if (given_.empty() || given_.front().first != number) return nullptr;
  std::shared_ptr<PoolTask> task = std::move(given_.front().second);
  given_.pop_front();
  return task;
}

std::deque<std::shared_ptr<PoolTask>> Seat::take_back() {
  std::deque<std::shared_ptr<PoolTask>> back;
  if (given_.empty()) return back;
  const std::uint32_t begun = place_->take_back(given_.back().first);
  for (; !given_.empty() && given_.back().first > begun; given_.pop_back())
    back.push_front(std::move(given_.back().second));
  return back;
}

Seat::Remains Seat::clear() {
  leave();
  Remains remains{{}, {}, place_->item()};
  const std::uint32_t begun = place_->last_begun();
  for (auto& [number, task] : given_)
    (number <= begun ? remains.begun : remains.untouched).push_back(std::move(task));
  given_.clear();
  return remains;
}

}  // namespace parlab
