#include "kernels/network/servers/saver.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <thread>

#include "kernels/network/clients/callback_connection.hpp"
#include "kernels/posix/mutex.hpp"

namespace parlab {

class Saver::Loop {
 public:
  explicit Loop(const Job& job) : job_(job), most_(10 * job.at_once) {}
  ~Loop() {
    asio::post(loop_, [this] { loop_.stop(); });
  }

  void save(std::uint64_t number) {
    {
      MutexLock lock(mutex_);
      while (under_way_ >= most_) lock.wait(changed_);
      ++under_way_;
    }
    asio::post(loop_, [this, number] {
      waiting_.push_back(number);
      start_some();
    });
  }
  Fetched wait() {
    MutexLock lock(mutex_);
    while (under_way_ != 0) lock.wait(changed_);
    return std::exchange(fetched_, {});
  }

 private:
  void start_some() {
    while (!waiting_.empty()) {
      if (idle_.empty()) {
        if (connections_.size() == job_.at_once) return;
        connect_another();
      }
      CallbackConnection& connection = *idle_.back();
      idle_.pop_back();
      const std::uint64_t number = waiting_.front();
      waiting_.pop_front();
      connection.fetch(number);
    }
  }
  void connect_another() {
    connections_.push_back(std::make_unique<CallbackConnection>(loop_, deadlines_, job_));
    CallbackConnection& connection = *connections_.back();
    idle_.push_back(&connection);
    connection.on_answer = [this, &connection](std::string_view body, bool ok) {
      {
        const MutexLock lock(mutex_);
        tally(fetched_, body, ok);
        --under_way_;
      }
      changed_.notify_one();
      idle_.push_back(&connection);
      start_some();
    };
  }

  const Job job_;
  const std::uint64_t most_;
  asio::io_context loop_{1};
  Deadlines deadlines_{loop_};
  std::vector<std::unique_ptr<CallbackConnection>> connections_;
  std::vector<CallbackConnection*> idle_;
  std::deque<std::uint64_t> waiting_;
  Mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t under_way_ PARLAB_GUARDED_BY(mutex_) = 0;
  Fetched fetched_ PARLAB_GUARDED_BY(mutex_);
  asio::executor_work_guard<Executor> guard_{loop_.get_executor()};
  std::jthread thread_{[this] { loop_.run(); }};  // last: it ends before the others go
};

Saver::Saver(const Job& job) : loop_(std::make_unique<Loop>(job)) {}
Saver::~Saver() = default;
void Saver::save(std::uint64_t number) { loop_->save(number); }
Fetched Saver::wait() { return loop_->wait(); }

}  // namespace parlab
