// A manager on one machine, its clients on another: what they share, and what becomes of it where a
// machine is lost.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"
#include "tests/experiments/command_line/hosts/network_hosts.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr char key[] = "a key of some length";
constexpr char first_host[] = "10.78.0.2";  // h1, as network_hosts.sh numbers them

void require(bool right) {
  if (!right) throw std::logic_error("wrong in the child");
}

/// A line from one process to another.
class Line {
 public:
  Line() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::bad_alloc();
  }
  ~Line() {
    for (const int end : ends_) close(end);
  }
  void tell(const std::string& text) const {
    require(write(ends_[1], (text + "\n").data(), text.size() + 1) > 0);
  }
  std::string hear() const {
    std::string text;
    for (char c = 0; read(ends_[0], &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }

 private:
  std::array<int, 2> ends_{};
};

class ManagerHosts : public testing::Test {
 protected:
  void SetUp() override {
    if (!keys_supported()) GTEST_SKIP() << "built without OpenSSL";
    hosts_.emplace(std::vector<std::string>{"h1", "h2"});
    if (!hosts_->why_not().empty()) GTEST_SKIP() << hosts_->why_not();
    const Line line;
    manager_.emplace(ChildProcess::fork([&] {
      hosts_->enter("h1");
      const Manager manager({.address = std::string("tls:") + first_host + ":0", .key = key});
      line.tell(manager.address());
      for (;;) pause();
    }));
    address_ = line.hear();
  }

  template <class Work>
  ChildProcess on(const std::string& host, const Work& work) const {
    return ChildProcess::fork([&] {
      hosts_->enter(host);
      work(ManagerClient::connect(address_, {.key = key}));
    });
  }

  std::optional<NetworkHosts> hosts_;
  std::optional<ChildProcess> manager_;
  std::string address_;
};

ManagedQueue queue_of(const ManagerClient& client) {
  return managed<ManagedQueue>(client, "Queue", {.initial = 0, .name = "queue"});
}
ManagedCounter counter_of(const ManagerClient& client) {
  return managed<ManagedCounter>(client, "Counter", {.initial = 0, .name = "counter"});
}
ManagedLock lock_of(const ManagerClient& client) {
  return managed<ManagedLock>(client, "Lock", {.name = "lock"});
}

const std::vector<double> odd_numbers = {0.1, -0.0, 1e-320, std::nextafter(1.0, 2.0), HUGE_VAL};

void put_numbers(const ManagerClient& client) {
  std::string bytes(3 << 20, '\0');
  std::mt19937 random(7);
  for (char& byte : bytes) byte = static_cast<char>(random());
  queue_of(client).put_many({bytes});
  for (const double number : odd_numbers) queue_of(client).put(number);
}
void get_numbers(const ManagerClient& client) {
  std::mt19937 random(7);
  const std::string bytes = queue_of(client).get_many(1).at(0);
  for (const char byte : bytes) require(byte == static_cast<char>(random()));
  for (const double number : odd_numbers) {
    const auto got = queue_of(client).get().value().get<double>();
    require(got == number && std::signbit(got) == std::signbit(number));
  }
}

TEST_F(ManagerHosts, ShareObjectsBitForBit) {
  const auto add = [](const ManagerClient& client) {
    const ManagedCounter counter = counter_of(client);
    const ManagedLock lock = lock_of(client);
    for (int i = 0; i < 100; ++i) {
      const std::scoped_lock held(lock);
      counter.add(1);
    }
  };
  ChildProcess here = on("h1", add);
  ChildProcess there = on("h2", add);
  ChildProcess puts = on("h2", put_numbers);
  ChildProcess gets = on("head", get_numbers);
  for (ChildProcess* child : {&here, &there, &puts, &gets})
    EXPECT_EQ(child->wait().describe(), "exit code 0");
  ChildProcess looks = on("h2", [](const ManagerClient& client) {
    require(counter_of(client).get() == 200);
    require(!lock_of(client).locked());
  });
  EXPECT_EQ(looks.wait().describe(), "exit code 0");
}

TEST_F(ManagerHosts, ShareObjectsOverABadCable) {
  if (const std::string why = hosts_->impair("h2", {5ms, 5ms, 0.02}); !why.empty())
    GTEST_SKIP() << why;
  ChildProcess puts = on("h2", put_numbers);
  ChildProcess gets = on("h1", get_numbers);
  EXPECT_EQ(puts.wait().describe(), "exit code 0");
  EXPECT_EQ(gets.wait().describe(), "exit code 0");
}

TEST_F(ManagerHosts, AMachineThatIsCutOffLetsGoOfWhatItHeld) {
  const Line line;
  ChildProcess lost = on("h2", [&](const ManagerClient& client) {
    lock_of(client).acquire();
    line.tell("held");
    try {
      queue_of(client).get();  // without end
    } catch (const ManagerDied&) {
      return;
    }
    require(false);
  });
  ChildProcess waits = on("h1", [](const ManagerClient& client) {
    while (!lock_of(client).locked()) usleep(1000);
    require(lock_of(client).acquire() == Acquired::abandoned);
    queue_of(client).put("for whoever lives");
    require(queue_of(client).get() == ManagedData("for whoever lives"));
  });
  EXPECT_EQ(line.hear(), "held");
  hosts_->cut("h2");
  EXPECT_EQ(lost.wait().describe(), "exit code 0");
  EXPECT_EQ(waits.wait().describe(), "exit code 0");
}

TEST_F(ManagerHosts, AMachineThatDoesNotAnswerIsGivenUp) {
  hosts_->cut("h2");
  ChildProcess child = ChildProcess::fork([&] {
    hosts_->enter("h2");
    try {
      ManagerClient::connect(address_, {.key = key, .patience = 300ms});
    } catch (const UsageError& error) {
      require(std::string(error.what()).find(address_) != std::string::npos);
      return;
    }
    require(false);
  });
  EXPECT_EQ(child.wait().describe(), "exit code 0");
}

TEST_F(ManagerHosts, NothingIsInClear) {
  ChildProcess child = ChildProcess::fork([&] {
    hosts_->enter("h2");
    const std::string tcp = "tcp" + address_.substr(3);
    try {
      ManagerClient::connect(tcp, {.key = key});
    } catch (const UsageError& error) {
      require(std::string(error.what()).find("write " + address_) != std::string::npos);
      return;
    }
    require(false);
  });
  EXPECT_EQ(child.wait().describe(), "exit code 0");
}

}  // namespace
}  // namespace parlab
