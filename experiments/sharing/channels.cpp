// channels: messages between two processes. How many a second when they stream, and how long one
// takes there and back.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <algorithm>

#include "experiments/base/experiment.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/sharing/message_channel.hpp"
#include "experiments/sharing/redis_choice.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

class Channels final : public Experiment {
 public:
  std::string name() const override { return "channels"; }
  int report_place() const override { return 46; }
  std::string question() const override {
    return "What does a message from one process to another cost, in a stream and there and back?";
  }
  std::string why() const override {
    return "In shared memory a message is a copy, and a cache line that moves from core to core. "
           "Through the kernel it is two copies and a system call on either side. Where the "
           "receiver sleeps, waking it costs more than all that: a stream pays for it seldom, "
           "because messages wait for a receiver who is awake, a round trip pays twice each time. "
           "A manager or Redis stands between the two, so that each message makes two round "
           "trips. The larger the messages, the more the copies count and the less the channel.";
  }

  bool compares_methods() const override { return true; }

  void add_options(CLI::App& app) override {
    std::string names;
    for (const ChannelKind& channel : channel_kinds())
      names += fmt::format("{}{}: {}", names.empty() ? "" : "; ", channel.name, channel.what);
    app.add_option("--ways", channels_words_,
                   fmt::format("a list, of which the first is the baseline [all]. {}", names));
    app.add_option(
        "--bytes", bytes_words_,
        fmt::format("bytes per message: {}; or a list [8]", fmt::join(message_sizes, ", ")));
    app.add_option("--pattern", pattern_words_,
                   "stream: one side sends, the other receives; round_trip: each message is "
                   "answered before the next; or a list [stream]");
    app.add_option("--messages", messages_words_, "messages per run [2000]");
    redis_.add_options(app);
  }
  void check_options() override {
    messages_ = parse_quantity("--messages", messages_words_, 1, 1ULL << 32);
    bytes_ = parse_quantities("--bytes", bytes_words_, 8, message_sizes.back());
    for (const std::uint64_t bytes : bytes_)
      if (std::ranges::find(message_sizes, bytes) == message_sizes.end())
        throw UsageError(
            fmt::format("--bytes: {} is not one of {}", bytes, fmt::join(message_sizes, ", ")));
    patterns_ = split_list(pattern_words_);
    for (const std::string& pattern : patterns_)
      require_known("--pattern", pattern, {"stream", "round_trip"});
    read_channels();
  }

  std::string subject(const Workload& workload) const override {
    const auto bytes = workload.parameter<std::uint64_t>("bytes");
    return fmt::format("For {} {} of {} bytes", workload.size,
                       workload.parameter<std::string>("pattern") == "stream"
                           ? "messages in a stream"
                           : "round trips",
                       bytes);
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::string& pattern : patterns_)
      for (const std::uint64_t bytes : bytes_)
        for (const std::string& channel : channels_)
          cases.push_back({.kernel = "channel",
                           .variant = channel,
                           .size = messages_,
                           .unit = "messages",
                           .parameters = {{"pattern", pattern}, {"bytes", bytes}}});
    return cases;
  }

  Answer expected(const Workload& workload) const override {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 1; i <= workload.size; ++i) sum += i;
    return sum;
  }

  OpenedArm open(const Arm& arm) const override {
    const auto run =
        open_channel({.channel = arm.workload.variant,
                      .bytes = arm.workload.parameter<std::size_t>("bytes"),
                      .messages = arm.workload.size,
                      .round_trip = arm.workload.parameter<std::string>("pattern") == "round_trip"},
                     redis_.address());
    return OpenedArm([=]() -> Answer { return run(); });
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string rounds = full ? "21" : "7";
    return {
        {"channels-stream",
         {"channels", "--pattern", "stream", "--bytes", full ? "8,64,4096,65536" : "8,4096,65536",
          "--messages", full ? "2000" : "500", "--rounds", rounds}},
        {"channels-round-trip",
         {"channels", "--pattern", "round_trip", "--bytes", full ? "8,4096,65536" : "8",
          "--messages", full ? "1000" : "250", "--rounds", rounds}}};
  }

 private:
  void read_channels() {
    const std::vector<std::string> names = names_of(channel_kinds());
    const bool all = channels_words_.empty();
    channels_ = all ? names : split_list(channels_words_);
    for (const std::string& channel : channels_) require_known("--ways", channel, names);
    if (const std::string why = RedisChoice::why_not(); all && !why.empty()) {
      tell("parlab: redis is left out: {}\n", why);
      std::erase(channels_, "redis");
    }
    if (std::ranges::find(channels_, "redis") != channels_.end()) redis_.prepare();
  }

  std::string channels_words_;
  std::string bytes_words_ = "8";
  std::string pattern_words_ = "stream";
  std::string messages_words_ = "2000";
  RedisChoice redis_;
  std::uint64_t messages_ = 0;
  std::vector<std::uint64_t> bytes_;
  std::vector<std::string> patterns_;
  std::vector<std::string> channels_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Channels>();
});

}  // namespace
}  // namespace parlab
