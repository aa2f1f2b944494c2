// What a manager does with a call: its own methods, and those of its objects.

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "kernels/sharing/manager/objects/served_arguments.hpp"
#include "kernels/sharing/manager/server/server.hpp"

namespace parlab {

using Clock = std::chrono::steady_clock;

using nlohmann::json;

void ManagerServer::call(ServerConnection& connection, WaitingCall call) {
  if (call.object == 0) {
    try {
      reply(connection, CallStatus::done, call_manager(connection, call));
    } catch (const std::exception& error) {
      reply(connection, CallStatus::failed, error.what());
    }
    return;
  }
  ObjectStore::Entry* entry = store_.find(call.object);
  if (!entry) {
    reply(connection, CallStatus::failed, "this object was dropped with its last proxy");
    return;
  }
  if (attempt(connection, call, *entry)) {
    wake(*entry);
  } else if (call.deadline && *call.deadline <= Clock::now()) {
    give_up(connection, call);
  } else {
    entry->waiting.push_back(connection.id());
    connection.waiting = std::move(call);
    ++waiting_;
  }
  wake_changed();
}

/// The deadline of a call that has to wait has come.
void ManagerServer::give_up(ServerConnection& connection, const WaitingCall& call) {
  if (ObjectStore::Entry* entry = store_.find(call.object)) {
    entry->object->timed_out({connection.id(), call.method, call.arguments});
    wake(*entry);
  }
  reply(connection, CallStatus::timed_out, "");
}

/// Makes the call and answers it; false where it has to wait.
bool ManagerServer::attempt(ServerConnection& connection, const WaitingCall& call,
                            ObjectStore::Entry& entry) {
  const ServedCall served{connection.id(), call.method, call.arguments};
  try {
    std::optional<std::string> answer = entry.object->call(served);
    if (!answer) return false;
    reply(connection, CallStatus::done, *answer);
    if (connection.broken) entry.object->undelivered(served, *answer);
  } catch (const std::exception& error) {
    reply(connection, CallStatus::failed, error.what());
  }
  return true;
}

/// Tries the waiting calls again, first come first served, until none gets any further.
void ManagerServer::wake(ObjectStore::Entry& entry) {
  for (bool progress = true; progress && !entry.waiting.empty();) {
    progress = false;
    for (auto place = entry.waiting.begin(); place != entry.waiting.end();) {
      const auto found = connections_.find(*place);
      const bool gone = found == connections_.end() || found->second->broken;
      if (!gone && !attempt(*found->second, *found->second->waiting, entry)) {
        ++place;
        continue;
      }
      if (!gone) {
        found->second->waiting.reset();
        --waiting_;
        progress = true;
      }
      place = entry.waiting.erase(place);
    }
  }
}

/// The same for all objects that told of a change.
void ManagerServer::wake_changed() {
  for (auto changed = store_.take_changed(); !changed.empty(); changed = store_.take_changed())
    for (const std::uint64_t number : changed)
      if (ObjectStore::Entry* entry = store_.find(number)) wake(*entry);
}

std::string ManagerServer::call_manager(ServerConnection& connection, const WaitingCall& call) {
  if (call.method == "ping") return call.arguments;
  const json argument = from_bytes(call.arguments);
  if (call.method == "session") {
    if (!connection.session.empty()) throw std::logic_error("this connection has a session");
    connection.session = argument.get<std::string>();
    if (connection.session.size() < 16 || connection.session.size() > 64) {
      connection.session.clear();
      throw std::invalid_argument("a session's name has 16 to 64 bytes");
    }
    ++sessions_[connection.session];
    return name_;
  }
  if (call.method == "state")
    return to_bytes({{"objects", store_.size()},
                     {"connections", connections_.size()},
                     {"sessions", sessions_.size()},
                     {"waiting", waiting_}});
  if (connection.session.empty()) throw std::logic_error("this connection has no session");
  if (call.method == "make") {
    const json::binary_t& initial = argument.at("initial").get_binary();
    return to_bytes(store_.make(connection.session, argument.at("type").get<std::string>(),
                                argument.at("name").get<std::string>(),
                                {reinterpret_cast<const char*>(initial.data()), initial.size()},
                                *this));
  }
  if (call.method == "hold")
    return to_bytes(store_.hold(connection.session, count_of(argument, "an object's number")));
  if (call.method == "drop") {
    store_.drop(connection.session, count_of(argument, "an object's number"));
    return "";
  }
  throw std::invalid_argument(fmt::format("a manager has no method '{}'", call.method));
}

ServedObject& ManagerServer::object(std::uint64_t number) {
  ObjectStore::Entry* entry = store_.find(number);
  if (!entry) throw std::invalid_argument(fmt::format("the manager has no object {}", number));
  return *entry->object;
}

void ManagerServer::watch(int fd, std::function<void(std::uint32_t)> ready) {
  const std::uint64_t tag = next_++;
  epoll_event event{.events = EPOLLIN, .data = {.u64 = tag}};
  if (epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot watch a descriptor");
  watchers_[tag] = std::make_shared<const Watcher>(Watcher{fd, std::move(ready)});
}

void ManagerServer::watch_out(int fd, bool also_out) {
  for (const auto& [tag, watcher] : watchers_) {
    if (watcher->fd != fd) continue;
    epoll_event event{.events = EPOLLIN | (also_out ? EPOLLOUT : 0U), .data = {.u64 = tag}};
    epoll_ctl(poll_.get(), EPOLL_CTL_MOD, fd, &event);
  }
}

void ManagerServer::unwatch(int fd) {
  epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  std::erase_if(watchers_, [&](const auto& one) { return one.second->fd == fd; });
}

}  // namespace parlab
