#include "experiments/measure/ranks/rank_arm.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "experiments/base/standard_streams.hpp"
#include "experiments/measure/race/process_usage.hpp"
#include "experiments/measure/ranks/frames.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/posix/sockets.hpp"
#include "kernels/posix/start_thread.hpp"

namespace parlab {
namespace {

constexpr std::size_t max_version_bytes = 128;

/// What rank 0 tells the others to do.
enum Command : char {
  command_run = 'r',
  command_prepare = 'p',
  command_conclude = 'c',
  command_usage = 'u',
  command_end = 'e'
};

/// What this rank used since the last call, added up over all ranks but rank 0. Collective.
class UsageOfOthers {
 public:
  explicit UsageOfOthers(Ranks& ranks) : ranks_(ranks) {}

  RunFigures take() {
    const ProcessUsage now = process_usage();
    const bool counts = ranks_.rank() != 0;
    const auto microseconds = [](double seconds) {
      return static_cast<std::uint64_t>(seconds * 1e6);
    };
    const auto of_all = [&](std::uint64_t number) { return ranks_.gather(counts ? number : 0); };
    RunFigures figures;
    for (const auto n : of_all(microseconds(now.cpu_seconds) - microseconds(last_.cpu_seconds)))
      figures.cpu_seconds += 1e-6 * static_cast<double>(n);
    for (const auto n : of_all(now.context_switches - last_.context_switches))
      figures.context_switches += static_cast<double>(n);
    figures.peak_rss_bytes = std::ranges::max(of_all(now.peak_rss_bytes));
    last_ = now;
    return figures;
  }

 private:
  Ranks& ranks_;
  ProcessUsage last_;
};

/// One parlab in all ranks: what they send each other must fit. Collective.
void require_same_version(Ranks& ranks, const std::string& version) {
  std::string first = version;
  first.resize(max_version_bytes);
  ranks.broadcast(std::as_writable_bytes(std::span(first)), 0);
  first.erase(std::min(first.find('\0'), first.size()));
  std::string failure;
  if (first != version)
    failure = fmt::format(
        "this is parlab {}, and rank 0 on {} is parlab {}: install the same on "
        "all hosts",
        version, ranks.hosts().front(), first);
  agree(ranks, failure.empty() ? nullptr : &failure);
}

/// Opens the arm in all ranks. Collective; where it fails in one, all throw.
OpenedArm open_in_all(Ranks& ranks, const ArmProcess::Open& open) {
  std::optional<OpenedArm> arm;
  std::optional<std::string> failure;
  try {
    arm.emplace(open());
  } catch (const std::exception& error) {
    failure = error.what();
  }
  agree(ranks, failure ? &*failure : nullptr);
  return std::move(*arm);
}

/// The arm in rank 0: the others do the same.
OpenedArm led(Ranks& ranks, const OpenedArm& arm, UsageOfOthers& usage) {
  const auto with = [&ranks](char command, const auto& action) {
    return [&ranks, command, action] {
      ranks.send_command(command);
      return action();
    };
  };
  OpenedArm led(std::function<Answer()>(with(command_run, arm.run)));
  if (arm.prepare) led.prepare = with(command_prepare, arm.prepare);
  if (arm.conclude) led.conclude = with(command_conclude, arm.conclude);
  led.beside = with(command_usage, [&usage] { return usage.take(); });
  return led;  // without numbers of its own: they would be this rank's
}

void follow(Ranks& ranks, const OpenedArm& arm, UsageOfOthers& usage) {
  for (;;) {
    switch (ranks.wait_for_command()) {
      case command_run:
        try {
          arm.run();
        } catch (const ChunkFailed&) {  // in all ranks: rank 0 tells it
        }
        break;
      case command_prepare:
        arm.prepare();
        break;
      case command_conclude:
        arm.conclude();
        break;
      case command_usage:
        usage.take();
        break;
      default:
        return;
    }
  }
}

/// Rank 0's end of the line to the race: its standard streams, which mpirun passes on. What a kernel
/// prints goes to stderr meanwhile.
class Line {
 public:
  Line() : out_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    dup2(STDERR_FILENO, STDOUT_FILENO);
    ends_ = make_socket_pair(SOCK_SEQPACKET, "make a socket");
    reader_ = start_thread(
        [this] {
          block_all_signals();
          for (char order = 0; read(STDIN_FILENO, &order, 1) == 1;)
            if (send(ends_.here.get(), &order, 1, MSG_NOSIGNAL) != 1) return;
          shutdown(ends_.here.get(), SHUT_WR);
        },
        "that reads orders");
    writer_ = start_thread(
        [this] {
          block_all_signals();
          pass_on_frames(ends_.here.get(), out_.get());
        },
        "that writes answers");
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    ends_.there.reset();
    writer_.join();
    reader_.join();  // when the race has seen the last answer
  }
  int socket() const { return ends_.there.get(); }

 private:
  FileDescriptor out_;
  SocketPair ends_;
  std::thread reader_, writer_;
};

/// Where the others are: waiting for a command, in the middle of something, or gone.
enum class Others { gone, waiting, busy };

void lead(Ranks& ranks, const std::string& version, const ArmProcess::Open& open,
          UsageOfOthers& usage, std::uint64_t known_repeats, const SampleRules& rules) {
  Others others = Others::gone;
  const auto open_led = [&] {
    require_same_version(ranks, version);
    OpenedArm all = led(ranks, open_in_all(ranks, open), usage);
    others = Others::waiting;
    all.run = [&others, run = all.run] {
      others = Others::busy;
      try {
        Answer answer = run();
        others = Others::waiting;
        return answer;
      } catch (const ChunkFailed&) {  // in all ranks
        others = Others::waiting;
        throw;
      }
    };
    return all;
  };
  {
    const Line line;
    serve_arm(line.socket(), open_led, known_repeats, rules);
  }
  if (others == Others::busy) ranks.abort();
  if (others == Others::waiting) ranks.send_command(command_end);
}

}  // namespace

void serve_rank(Ranks& ranks, const std::string& version, const ArmProcess::Open& open,
                std::uint64_t known_repeats, const SampleRules& rules) {
  UsageOfOthers usage(ranks);
  if (ranks.rank() == 0) {
    lead(ranks, version, open, usage, known_repeats, rules);
    return;
  }
  dup2(STDERR_FILENO, STDOUT_FILENO);  // which is rank 0's line
  try {
    require_same_version(ranks, version);
    follow(ranks, open_in_all(ranks, open), usage);
  } catch (const ChunkFailed&) {  // rank 0 tells it
  } catch (const std::exception& error) {
    tell("parlab: rank {} on {}: {}\n", ranks.rank(),
         ranks.hosts()[static_cast<std::size_t>(ranks.rank())], error.what());
    ranks.abort();
  }
}

}  // namespace parlab
