#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/measure/ranks/frames.hpp"
#include "experiments/measure/ranks/rank_arm.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/base/deadline.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/sockets.hpp"
#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {
namespace {

/// How long ranks may take to end by themselves, and then mpirun to end them.
constexpr std::chrono::seconds patience{3};
constexpr std::chrono::seconds mpirun_patience{6};

/// Where a rank has ended, for mpirun to say it, which knows the signal; where its machine was lost,
/// which has taken 6 s to be seen, for it to know that, too.
constexpr std::chrono::milliseconds words_patience{5000}, words_patience_when_silent{500};
/// Where mpirun has ended without a word on which rank or host, until a machine's silence is seen.
constexpr std::chrono::seconds silence_patience{8};
/// Then for mpirun to end what it can still reach. The rest ends by itself (lifeline.hpp).
constexpr std::chrono::seconds lost_patience{2};

/// Of what is written to stderr, its beginning: there the cause stands.
constexpr std::size_t max_written = 1 << 16;

bool has_ended(const ChildProcess& process, Deadline deadline) {
  pollfd ended{process.ended_fd(), POLLIN, 0};
  while (poll(&ended, 1, deadline.poll_milliseconds()) < 0 && errno == EINTR) continue;
  return ended.revents != 0;
}

class Relay {
 public:
  Relay(int socket, Program program, LifelineServer* lifelines)
      : race_(socket),
        lifelines_(lifelines),
        streams_(make_socket_pair(SOCK_STREAM, "make a socket")),
        errors_(make_socket_pair(SOCK_STREAM, "make a socket")) {
    program.streams = {streams_.there.get(), streams_.there.get(), errors_.there.get()};
    // Where this process is killed, mpirun still ends its ranks, on all hosts.
    program.prepare = [] { prctl(PR_SET_PDEATHSIG, SIGTERM); };
    mpirun_.emplace(start_program(program));
    streams_.there.reset();
    errors_.there.reset();
  }

  void run() {
    std::array<pollfd, 5> watched = {{{race_, POLLIN, 0},
                                      {streams_.here.get(), POLLIN, 0},
                                      {errors_.here.get(), POLLIN, 0},
                                      {mpirun_->ended_fd(), POLLIN, 0},
                                      {lifelines_ == nullptr ? -1 : lifelines_->fd(), POLLIN, 0}}};
    Deadline deadline;  // never, as long as all are there
    for (;;) {
      if (poll(watched.data(), watched.size(), deadline.poll_milliseconds()) < 0 && errno != EINTR)
        return;
      if (watched[4].revents != 0) lifelines_->read();
      if (deadline.never() && lifelines_ != nullptr && !lifelines_->lost().empty())
        deadline =
            lifelines_->lost().front().is_silent ? words_patience_when_silent : words_patience;
      if (watched[2].revents != 0 && !read_errors()) watched[2].fd = -1;
      if (watched[1].revents != 0 && !read_answers()) watched[1].fd = -1;
      if (watched[0].revents != 0 && !pass_on_order()) return;
      if (watched[3].revents != 0) {
        while (read_answers()) continue;
        while (read_errors()) continue;
        const ExitStatus status = mpirun_->wait();
        send_error(why_ranks_ended(written_, status, all_lost()));
        return;
      }
      if (deadline.passed()) {
        send_error(why_ranks_were_lost(lifelines_->lost()));
        return;
      }
    }
  }

  /// No rank is left then.
  void end() {
    shutdown(streams_.here.get(), SHUT_WR);
    const bool has_lost = lifelines_ != nullptr && !lifelines_->lost().empty();
    if (!has_lost && has_ended(*mpirun_, patience)) return;
    mpirun_->signal(SIGTERM);
    has_ended(*mpirun_, has_lost ? lost_patience : mpirun_patience);
  }

 private:
  bool pass_on_order() {
    char order = 0;
    if (recv(race_, &order, 1, 0) != 1) return false;
    send_all(streams_.here.get(), std::string_view(&order, 1));  // that mpirun ended is seen below
    return true;
  }

  /// When mpirun has ended: with it all ranks do, but those of a machine that is silent.
  std::vector<LostRank> all_lost() const {
    if (lifelines_ == nullptr) return {};
    const auto is_silent = [&] {
      return std::ranges::any_of(lifelines_->lost(), &LostRank::is_silent);
    };
    const Deadline deadline(silence_patience);
    for (lifelines_->read(); lifelines_->has_ranks() && !is_silent() && !deadline.passed();
         lifelines_->read()) {
      pollfd news{lifelines_->fd(), POLLIN, 0};
      poll(&news, 1, deadline.poll_milliseconds());
    }
    return lifelines_->lost();
  }

  bool read_answers() {
    std::array<char, 1 << 16> bytes;  // NOLINT: filled by recv
    const ssize_t count = recv(streams_.here.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count <= 0) return count < 0 && errno == EINTR;
    const std::string_view read(bytes.data(), static_cast<std::size_t>(count));
    if (is_garbled_) {
      written_ += read;
      return true;
    }
    frames_.add(read);
    try {
      while (const auto message = frames_.next()) send_to_race(*message);
      if (written_.size() < max_written) written_ += frames_.take_noise();
    } catch (const BadMessage&) {  // what no rank has written
      is_garbled_ = true;
      written_ += read;
    }
    return true;
  }

  bool read_errors() {
    std::array<char, 1 << 12> bytes;  // NOLINT: filled by recv
    const ssize_t count = recv(errors_.here.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count <= 0) return count < 0 && errno == EINTR;
    if (written_.size() < max_written)
      written_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

  void send_to_race(const std::string& message) const {
    try {
      send_message(race_, std::as_bytes(std::span(message)));
    } catch (const EndOfFile&) {  // it has had enough
    }
  }

  void send_error(const std::string& why) const {
    send_to_race(to_bytes(nlohmann::json{{"error", why}}));
  }

  int race_;
  LifelineServer* lifelines_;
  SocketPair streams_, errors_;
  FrameReader frames_;
  bool is_garbled_ = false;
  std::string written_;
  std::optional<ChildProcess> mpirun_;
};

}  // namespace

void relay_ranks(int socket, const Program& program, LifelineServer* lifelines) {
  Relay relay(socket, program, lifelines);
  relay.run();
  relay.end();
}

}  // namespace parlab
