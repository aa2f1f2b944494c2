#include "kernels/sharing/pool/processes/fork_server.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <system_error>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/process/fork_guard.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/posix/wait.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {
namespace {

using Event = ForkServer::Event;

/// Commands to start a worker that are under way at once. Each is answered, and a socket holds some 200
/// packets: more, and pool and server would wait for one another to read.
constexpr std::size_t max_asked_for = 64;

struct Command {
  enum class Kind : std::uint8_t { start, end_all, end_when_idle };
  Kind kind;
  int number;  // start: the slot; end_all: milliseconds of grace
};

/// A packet to the other side; false where it is gone.
template <class T>
bool send_packet(int socket, const T& packet) {
  ssize_t sent = 0;
  while ((sent = send(socket, &packet, sizeof packet, MSG_NOSIGNAL)) < 0 &&
         (errno == EINTR || errno == EAGAIN))
    continue;
  return sent == sizeof packet;
}

/// What the server does: single-threaded, until it is told to end or its pool is gone.
class ServerLoop {
 public:
  ServerLoop(FileDescriptor& socket, const ForkServer::Work& work,
             const std::function<void()>& reported)
      : socket_(socket), work_(work), reported_(reported) {}

  void run() {
    while (!(idle_ends_ && workers_.empty())) {
      std::vector<pollfd> watched = {{socket_.get(), POLLIN, 0}};
      std::vector<int> slots;
      for (const auto& [slot, worker] : workers_) {
        watched.push_back({worker.ended_fd(), POLLIN, 0});
        slots.push_back(slot);
      }
      if (poll(watched.data(), watched.size(), kill_at_.poll_milliseconds()) < 0 && errno != EINTR)
        return;
      for (std::size_t i = 0; i < slots.size(); ++i)
        if (watched[i + 1].revents != 0) report_end(slots[i]);
      if (kill_at_.passed()) return;  // the destructors of the workers kill
      if (watched[0].revents != 0 && !obey()) return;
    }
  }

 private:
  bool obey() {
    Command command{};
    const ssize_t size = recv(socket_.get(), &command, sizeof command, 0);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (size != sizeof command) return false;  // the pool is gone
    switch (command.kind) {
      case Command::Kind::start:
        start(command.number);
        break;
      case Command::Kind::end_all:
        for (const auto& [slot, worker] : workers_) {
          worker.signal(SIGTERM);
          worker.signal(SIGCONT);  // a stopped one would not notice
        }
        kill_at_ = Deadline(std::chrono::milliseconds(command.number));
        idle_ends_ = true;
        break;
      case Command::Kind::end_when_idle:
        idle_ends_ = true;
        break;
    }
    return true;
  }

  void start(int slot) {
    Event event{};
    event.kind = Event::Kind::started;
    event.slot = slot;
    try {
      auto [place, added] = workers_.emplace(slot, ChildProcess::fork([&] {
                                               socket_.reset();
                                               work_(slot);
                                             }));
      event.pid = place->second.pid();
      if (!added) throw std::logic_error("the slot is taken");
    } catch (const std::system_error& error) {
      event.kind = Event::Kind::not_started;
      event.error = error.code().value();
    }
    report(event);
  }

  void report_end(int slot) {
    const auto place = workers_.find(slot);
    Event event{};
    event.kind = Event::Kind::ended;
    event.slot = slot;
    event.pid = place->second.pid();
    event.status = place->second.wait();
    workers_.erase(place);
    if (kill_at_.never()) report(event);  // else nobody reads it
  }

  void report(const Event& event) {
    send_packet(socket_.get(), event);
    reported_();
  }

  FileDescriptor& socket_;
  const ForkServer::Work& work_;
  const std::function<void()>& reported_;
  std::map<int, ChildProcess> workers_;
  Deadline kill_at_;
  bool idle_ends_ = false;
};

}  // namespace

ForkServer::ForkServer(const Work& work, const std::function<void()>& reported) {
  require_no_other_threads("the workers of a pool");
  SocketPair ends = make_message_sockets();
  socket_ = std::move(ends.here);
  process_.emplace(ChildProcess::fork([&] {
    InterruptionScope::leave_to_parent();
    signal(SIGTERM, SIG_IGN);  // of the group: the pool tells it to end
    // Whatever the program does with its own children, the server is told how workers ended; they
    // run the program's tasks, and have its way again.
    struct sigaction servers {};
    struct sigaction programs {};
    servers.sa_handler = SIG_DFL;
    sigemptyset(&servers.sa_mask);
    sigaction(SIGCHLD, &servers, &programs);
    prctl(PR_SET_NAME, "fork server");
    socket_.reset();
    const Work work_of_program = [&](int slot) {
      signal(SIGTERM, SIG_DFL);
      sigaction(SIGCHLD, &programs, nullptr);
      work(slot);
    };
    ServerLoop(ends.there, work_of_program, reported).run();
  }));
}

ForkServer::~ForkServer() = default;  // the server first

void ForkServer::start(int slot) {
  to_ask_for_.push_back(slot);
  ask();
}

void ForkServer::ask() {
  while (asked_for_ < max_asked_for && !to_ask_for_.empty()) {
    if (!send_packet(socket_.get(), Command{Command::Kind::start, to_ask_for_.front()}))
      return;  // it is dead
    to_ask_for_.pop_front();
    ++asked_for_;
  }
}

void ForkServer::end_all(std::chrono::milliseconds grace) const {
  send_packet(socket_.get(), Command{Command::Kind::end_all, static_cast<int>(grace.count())});
}

void ForkServer::end_when_idle() const {
  send_packet(socket_.get(), Command{Command::Kind::end_when_idle, 0});
}

std::optional<Event> ForkServer::next_event() {
  Event event{};
  const ssize_t size = recv(socket_.get(), &event, sizeof event, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (size != sizeof event) throw EndOfFile("the pool's fork server is gone");
  if (event.kind != Event::Kind::ended) {
    --asked_for_;
    ask();
  }
  return event;
}

void ForkServer::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

bool ForkServer::join(Deadline deadline) {
  if (parlab::wait({process_->ended_fd()}, deadline).empty()) return false;
  process_->wait();
  return true;
}

}  // namespace parlab
