// What a manager does with a call: its own methods, and those of its objects.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/sharing/manager/server.hpp"

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
    reply(connection, CallStatus::failed, "this object is gone: nobody held it any more");
    return;
  }
  if (attempt(connection, call, *entry)) {
    wake(*entry);
    return;
  }
  if (call.deadline && *call.deadline <= Clock::now()) {
    reply(connection, CallStatus::timed_out, "");
    return;
  }
  entry->waiting.push_back(connection.id());
  connection.waiting = std::move(call);
  ++waiting_;
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
    return "";
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
                                {reinterpret_cast<const char*>(initial.data()), initial.size()}));
  }
  if (call.method == "hold") return to_bytes(store_.hold(connection.session, argument));
  if (call.method == "drop") {
    store_.drop(connection.session, argument);
    return "";
  }
  throw std::invalid_argument(fmt::format("a manager has no method '{}'", call.method));
}

}  // namespace parlab
