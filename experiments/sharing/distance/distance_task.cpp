#include "experiments/sharing/distance/distance_task.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

#include "experiments/sharing/distance/shared_places.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/hosts/tls_context.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/queues/queue.hpp"
#include "kernels/sharing/stop_flags.hpp"

namespace parlab {
namespace {

bool is_manager(const std::string& distance) { return distance.starts_with("manager"); }

// Flags: reads of one that is set.

template <class Flag, class Beside>
OpenedArm reads_of(const std::shared_ptr<Flag>& flag, std::uint64_t reads, const Beside& beside) {
  return [=]() -> Answer {
    (void)beside;  // lives as long as this does
    std::uint64_t set = 0;
    for (std::uint64_t i = 0; i < reads; ++i) set += flag->is_set() ? 1 : 0;
    return set;
  };
}

OpenedArm open_flag(const std::string& distance, const DistanceServers& servers,
                    std::uint64_t reads) {
  // Set by another, where there is one: a RedisFlag that was set here would not ask the server.
  if (distance == "thread") {
    const auto flag = std::make_shared<AtomicFlag>();
    std::jthread([&] { flag->set(); }).join();
    return reads_of(flag, reads, 0);
  }
  if (distance == "process") {
    const auto flag = std::make_shared<RawValueFlag>();
    ChildProcess::fork([&] { flag->set(); }).wait();
    return reads_of(flag, reads, 0);
  }
  if (is_manager(distance)) {
    const auto manager = std::make_shared<DistantManager>(distance, servers);
    const auto flag = std::make_shared<ManagerFlag>(manager->client());
    flag->set();
    return reads_of(flag, reads, manager);
  }
  const RedisAddress address = distant_redis(distance, servers);
  const std::string key = fmt::format("parlab:{}:flag", getpid());
  Redis(address).set(key, "1");
  return reads_of(std::make_shared<RedisFlag>(address, key), reads, 0);
}

// Counters: additions of 1, and their sum.

OpenedArm open_counter(const std::string& distance, const DistanceServers& servers,
                       std::uint64_t additions) {
  if (distance == "thread") {
    const auto count = std::make_shared<std::atomic<std::uint64_t>>(0);
    return [=]() -> Answer {
      *count = 0;
      for (std::uint64_t i = 0; i < additions; ++i) count->fetch_add(1);
      return count->load();
    };
  }
  if (distance == "process") {
    const auto count = std::make_shared<RawValue<std::uint64_t>>(0);
    return [=]() -> Answer {
      count->store(0);
      for (std::uint64_t i = 0; i < additions; ++i) count->fetch_add(1);
      return count->load();
    };
  }
  if (is_manager(distance)) {
    const auto manager = std::make_shared<DistantManager>(distance, servers);
    const auto count = std::make_shared<ManagedCounter>(
        managed<ManagedCounter>(manager->client(), "Counter", {.initial = 0}));
    return [=]() -> Answer {
      (void)manager;  // lives as long as this does
      const auto before = count->get();
      for (std::uint64_t i = 0; i < additions; ++i) count->add(1);
      return static_cast<std::uint64_t>(count->get() - before);
    };
  }
  const auto redis = std::make_shared<Redis>(distant_redis(distance, servers));
  const std::string key = fmt::format("parlab:{}:count", getpid());
  return [=]() -> Answer {
    redis->remove(key);
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < additions; ++i)
      count = static_cast<std::uint64_t>(redis->increment(key));
    return count;
  };
}

// Queues: a number there and back, by two queues, and the sum of what came back.

template <class Send, class Receive>
OpenedArm passes(std::uint64_t size, const Send& send, const Receive& receive) {
  return [=]() -> Answer {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 1; i <= size; ++i) {
      send(i);
      sum += receive();
    }
    return sum;
  };
}

struct QueuePair {
  Queue<std::uint64_t> there{1}, back{1};
  [[noreturn]] void answer() {
    for (;;) back.put(there.get());
  }
};

std::string text_of(std::uint64_t number) { return fmt::to_string(number); }

OpenedArm open_queue(const std::string& distance, const DistanceServers& servers,
                     std::uint64_t size) {
  if (distance == "thread" || distance == "process") {
    const auto pair = std::make_shared<QueuePair>();
    const auto send = [=](std::uint64_t number) { pair->there.put(number); };
    if (distance == "thread") {
      std::thread([=] { pair->answer(); }).detach();  // ends with the arm's process
      return passes(size, send, [=] { return pair->back.get(); });
    }
    const auto peer = std::make_shared<ChildProcess>(ChildProcess::fork([&] { pair->answer(); }));
    return passes(size, send, [=] {
      (void)peer;  // lives as long as this does
      return pair->back.get();
    });
  }
  if (is_manager(distance)) {
    const auto manager = std::make_shared<DistantManager>(distance, servers);
    const auto queue = [](const ManagerClient& client, const char* name) {
      return managed<ManagedQueue>(client, "Queue", {.initial = 1, .name = name});
    };
    const auto there = std::make_shared<ManagedQueue>(queue(manager->client(), "there"));
    const auto back = std::make_shared<ManagedQueue>(queue(manager->client(), "back"));
    const auto peer = std::make_shared<ChildProcess>(ChildProcess::fork([&] {
      const ManagerClient beside = manager->client_beside();
      const ManagedQueue from = queue(beside, "there");
      const ManagedQueue to = queue(beside, "back");
      while (const auto bytes = from.get_bytes()) to.put_bytes(*bytes);
    }));
    return passes(
        size, [=](std::uint64_t number) { there->put_bytes(text_of(number)); },
        [=] {
          (void)manager, (void)peer;  // live as long as this does
          return std::stoull(*back->get_bytes());
        });
  }
  const RedisAddress address = distant_redis(distance, servers);
  const auto redis = std::make_shared<Redis>(address);
  const std::string there = fmt::format("parlab:{}:there", getpid());
  const std::string back = fmt::format("parlab:{}:back", getpid());
  const auto peer = std::make_shared<ChildProcess>(ChildProcess::fork([&] {
    if (distance == "redis_veth") servers.hosts->enter_far();
    const Redis beside(address);
    while (const auto item = beside.pop(there)) beside.push(back, *item);
  }));
  return passes(
      size, [=](std::uint64_t number) { redis->push(there, text_of(number)); },
      [=] {
        (void)peer;  // lives as long as this does
        return std::stoull(*redis->pop(back));
      });
}

// Calls of a manager that carry a message there and back: those that came back as they were.

constexpr std::size_t message_bytes = 64 << 10;

OpenedArm open_call(const std::string& distance, const DistanceServers& servers,
                    std::uint64_t calls) {
  const auto manager = std::make_shared<DistantManager>(distance, servers);
  std::string message(message_bytes, '\0');
  for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<char>(i * i >> 3);
  return [=]() -> Answer {
    std::uint64_t right = 0;
    for (std::uint64_t i = 0; i < calls; ++i)
      right += manager->client().ping(message) == message ? 1 : 0;
    return right;
  };
}

constexpr std::uint64_t reads = 1000;
constexpr std::uint64_t additions = 1000;
constexpr std::uint64_t passes_of_run = 200;
constexpr std::uint64_t calls = 200;

std::string nothing_missing() { return ""; }
std::string why_no_tls() {
  return keys_supported() ? "" : "this build has no TLS: install libssl-dev, make build";
}
std::string first_of(const std::string& why, const std::string& other) {
  return why.empty() ? other : why;
}

void nothing_to_prepare(DistanceServers&) {}
void prepare_hosts(DistanceServers& servers) {
  if (!servers.hosts) servers.hosts = std::make_shared<NetworkNamespaces>();
}

}  // namespace

const std::vector<Distance>& distances() {
  static const std::vector<Distance> all = {
      {"thread", "memory of one process", nothing_missing, nothing_to_prepare},
      {"process", "shared memory", nothing_missing, nothing_to_prepare},
      {"manager", "a manager on a Unix socket", nothing_missing, nothing_to_prepare},
      {"redis", "a redis-server on a Unix socket", RedisServer::why_not,
       [](DistanceServers& servers) { servers.redis = std::make_shared<RedisServer>(); }},
      {"manager_tls", "a manager over TLS on 127.0.0.1", why_no_tls, nothing_to_prepare},
      {"redis_tls", "a redis-server over TLS on 127.0.0.1", RedisServer::why_not_secured,
       [](DistanceServers& servers) {
         servers.redis_tls = std::make_shared<RedisServer>("127.0.0.1");
       }},
      {"manager_veth",
       "a manager over TLS on another host, which is a network namespace of this machine behind a "
       "veth pair: no wire",
       [] { return first_of(why_no_tls(), NetworkNamespaces::why_not()); }, prepare_hosts},
      {"redis_veth", "a redis-server there",
       [] { return first_of(RedisServer::why_not_secured(), NetworkNamespaces::why_not()); },
       [](DistanceServers& servers) {
         prepare_hosts(servers);
         servers.hosts->on_far([&] {
           servers.redis_veth = std::make_shared<RedisServer>(NetworkNamespaces::far_address);
         });
       }},
  };
  return all;
}

const Distance& distance_named(const std::string& name) {
  return *std::ranges::find_if(distances(), [&](const Distance& one) { return name == one.name; });
}

const std::vector<DistanceTask>& distance_tasks() {
  static const std::vector<DistanceTask> all = {
      {"flag", "reads of a flag", reads, "reads", reads, open_flag, {}},
      {"counter", "additions to a count", additions, "additions", additions, open_counter, {}},
      {"queue",
       "messages there and back by two queues",
       passes_of_run,
       "messages",
       passes_of_run * (passes_of_run + 1) / 2,
       open_queue,
       {}},
      {"call",
       "calls that carry 64 KiB there and back",
       calls,
       "calls",
       calls,
       open_call,
       {"thread", "process", "redis", "redis_tls", "redis_veth"}},
  };
  return all;
}

}  // namespace parlab
