#pragma once

// A manager: a process that keeps objects for others, which reach them by proxies over a Unix
// socket, or over TLS with a key. The slowest way to share (a round trip a call: 40 us where both
// sides sleep, a tenth of it where they spin) and the most general: any type, any number of
// processes, on any machine, no memory in common.
//
//   Manager manager;                          // a process is started
//   ManagedDict results = manager.dict();     // an object in it
//   ... fork; the child uses `results` like the parent ...
//   ManagerClient other = ManagerClient::connect(address, {.key = key});   // or from anywhere
//   ManagedQueue jobs = managed<ManagedQueue>(other, "Queue", {.name = "jobs"});
//
// An object lives as long as any process holds a proxy of it, one with a name as long as the
// manager. The manager ends with the process that started it, however that ends, and leaves nothing
// behind. Names and meaning follow Python's multiprocessing.managers.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/manager/objects/served_object.hpp"
#include "kernels/sharing/manager/pool/managed_functions.hpp"
#include "kernels/sharing/manager/proxies/proxies.hpp"

namespace parlab {

/// Methods of a user's type, by the names that proxies call them by.
template <class T>
using ManagedMethods =
    std::map<std::string, std::function<ManagedData(T&, const ManagedData& arguments)>>;

/// What a manager can keep: the types of this library, and those that are added.
class ManagerTypes {
 public:
  ManagerTypes();

  /// A type whose objects are made by make(arguments). Its methods run in the manager's process,
  /// one call at a time; what they throw reaches the caller as ManagerError.
  template <class T>
  ManagerTypes& add(const std::string& name, std::function<T(const ManagedData&)> make,
                    ManagedMethods<T> methods);

  const ServedTypes& served() const { return types_; }

 private:
  ServedTypes types_;
};

struct ManagerOptions {
  std::string address = {};  // empty: its own Unix address, which leaves no file
  /// Needed for tls and tcp; at least 16 bytes, which should be random.
  std::string key = {};
  std::uint64_t max_message_bytes = 256ULL << 20;  // bytes; a client that sends more is dropped
  /// Both sides look so long for the next message before they sleep; costs a core each.
  std::chrono::microseconds spin{0};
  ManagerTypes types = {};
  ManagedFunctions functions = {};  // for pools
};

/// A named object is found where it exists, and made where it does not.
struct Making {
  ManagedData initial = nullptr;
  std::string name = {};
};

/// Makes or finds an object and gives its proxy.
template <class ProxyType>
ProxyType managed(const ManagerClient& client, std::string_view type, const Making& making) {
  return ProxyType(client.make(type, to_bytes(making.initial), making.name));
}

class Manager {
 public:
  /// Starts the process. Throws UsageError for an address that cannot be had, or would be in clear
  /// beyond this machine, and for tls or tcp without a key.
  explicit Manager(const ManagerOptions& options = {});
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() { shutdown(); }

  /// Ends the process; every proxy then throws ManagerDied. May be called again.
  void shutdown();

  std::string address() const { return address_.text(); }
  pid_t pid() const { return process_->pid(); }
  const ManagerClient& client() const { return *client_; }

  ManagedValue value(const ManagedData& initial, const std::string& name = {}) const {
    return managed<ManagedValue>(*client_, "Value", {initial, name});
  }
  ManagedCounter counter(WholeNumber initial = 0, const std::string& name = {}) const {
    return managed<ManagedCounter>(*client_, "Counter", {initial.value(), name});
  }
  ManagedArray array(const ManagedData& values, const std::string& name = {}) const {
    return managed<ManagedArray>(*client_, "Array", {values, name});
  }
  ManagedList list(const ManagedData& values = ManagedData::array(),
                   const std::string& name = {}) const {
    return managed<ManagedList>(*client_, "list", {values, name});
  }
  ManagedDict dict(const ManagedData& entries = ManagedData::object(),
                   const std::string& name = {}) const {
    return managed<ManagedDict>(*client_, "dict", {entries, name});
  }
  ManagedNamespace name_space(const ManagedData& entries = ManagedData::object(),
                              const std::string& name = {}) const {
    return managed<ManagedNamespace>(*client_, "Namespace", {entries, name});
  }
  /// capacity 0 and below: no bound.
  ManagedQueue queue(WholeNumber capacity = 0, const std::string& name = {}) const {
    return managed<ManagedQueue>(*client_, "Queue", {capacity.value(), name});
  }
  ManagedLock lock(const std::string& name = {}) const {
    return managed<ManagedLock>(*client_, "Lock", {nullptr, name});
  }
  ManagedRLock rlock(const std::string& name = {}) const {
    return managed<ManagedRLock>(*client_, "RLock", {nullptr, name});
  }
  /// With its own lock, which its holder may acquire again.
  ManagedCondition condition(const std::string& name = {}) const {
    return managed<ManagedCondition>(*client_, "Condition", {nullptr, name});
  }
  /// On a lock that others may share.
  ManagedCondition condition(const LockingProxy& lock, const std::string& name = {}) const {
    return managed<ManagedCondition>(*client_, "Condition", {lock.object(), name});
  }
  ManagedSemaphore semaphore(WholeNumber units = 1, const std::string& name = {}) const {
    return managed<ManagedSemaphore>(*client_, "Semaphore", {units.value(), name});
  }
  ManagedBoundedSemaphore bounded_semaphore(WholeNumber units = 1,
                                            const std::string& name = {}) const {
    return managed<ManagedBoundedSemaphore>(*client_, "BoundedSemaphore", {units.value(), name});
  }
  ManagedBarrier barrier(WholeNumber parties, BarrierOptions options = {},
                         const std::string& name = {}) const {
    return managed_barrier(*client_, parties, std::move(options), name);
  }
  /// Of so many worker processes, which call ManagerOptions::functions.
  ManagedPool pool(WholeNumber workers, const ManagedPoolOptions& options = {},
                   const std::string& name = {}) const {
    return managed_pool(*client_, workers, options, name);
  }
  ManagedEvent event(const std::string& name = {}) const {
    return managed<ManagedEvent>(*client_, "Event", {nullptr, name});
  }
  ManagedObject object(const std::string& type, const ManagedData& arguments = nullptr,
                       const std::string& name = {}) const {
    return managed<ManagedObject>(*client_, type, {arguments, name});
  }

 private:
  ManagerAddress address_;
  std::optional<ChildProcess> process_;
  std::optional<ManagerClient> client_;
};

/// A user's object behind the interface of all served ones.
template <class T>
class ServedUserObject final : public ServedObject {
 public:
  ServedUserObject(T object, const ManagedMethods<T>& methods)
      : object_(std::move(object)), methods_(methods) {}
  std::optional<std::string> call(const ServedCall& call) override {
    const auto method = methods_.find(std::string(call.method));
    if (method == methods_.end()) unknown(call);
    return to_bytes(method->second(object_, from_bytes(call.arguments)));
  }

 private:
  T object_;
  const ManagedMethods<T>& methods_;
};

template <class T>
ManagerTypes& ManagerTypes::add(const std::string& name, std::function<T(const ManagedData&)> make,
                                ManagedMethods<T> methods) {
  const auto kept = std::make_shared<const ManagedMethods<T>>(std::move(methods));
  types_[name] = [kept, make](std::string_view arguments,
                              ServedHost&) -> std::unique_ptr<ServedObject> {
    return std::make_unique<ServedUserObject<T>>(make(from_bytes(arguments)), *kept);
  };
  return *this;
}

}  // namespace parlab
