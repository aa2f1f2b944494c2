#include "kernels/backends/ranks/rank_inbox.hpp"

#include <condition_variable>
#include <thread>
#include <utility>

#include "kernels/posix/start_thread.hpp"

namespace parlab {
namespace {

constexpr std::chrono::microseconds between_looks{50};
/// Of the thread that listens while a search runs: each look wakes it, which takes some 5 us.
constexpr std::chrono::microseconds between_wakes{500};

}  // namespace

/// Listens in a thread of its own, for a chunk may search long.
class RankInbox::Listener final : public SearchNews {
 public:
  explicit Listener(RankInbox& inbox) : inbox_(inbox), search_(inbox.search_) {
    thread_ = start_thread([this] { listen(); }, "that listens to other ranks");
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() override {
    {
      const std::scoped_lock one(inbox_.mutex_);
      ends_ = true;
      inbox_.on_hit_ = nullptr;
    }
    ended_.notify_one();
    thread_.join();
  }

  void tell(std::uint64_t hit) override { inbox_.ranks_.tell({RankNews::hit, search_, hit}); }

 private:
  void listen() {
    block_all_signals();
    std::unique_lock one(inbox_.mutex_);
    while (!ends_) {
      inbox_.look();
      ended_.wait_for(one, between_wakes);
    }
  }

  RankInbox& inbox_;
  std::uint64_t search_;
  bool ends_ = false;
  std::condition_variable ended_;
  std::thread thread_;
};

RankInbox& RankInbox::of(Ranks& ranks) {
  static RankInbox inbox(ranks);
  return inbox;
}

bool RankInbox::has_failed(std::uint64_t run) {
  const std::scoped_lock one(mutex_);
  const auto now = Clock::now();
  if (now - looked_ >= between_looks) {
    looked_ = now;
    look();
  }
  return failed_run_ == run;
}

std::unique_ptr<SearchNews> RankInbox::listen(std::function<void(std::uint64_t)> on_hit) {
  {
    const std::scoped_lock one(mutex_);
    ++search_;
    on_hit_ = std::move(on_hit);
    if (early_ && early_->run == search_) on_hit_(early_->value);
    early_.reset();
  }
  return std::make_unique<Listener>(*this);
}

void RankInbox::look() {
  while (const auto news = ranks_.hear()) {
    if (news->kind == RankNews::failure)
      failed_run_ = news->run;
    else if (news->run == search_ && on_hit_)
      on_hit_(news->value);
    else if (news->run > search_)
      early_ = news;
  }
}

}  // namespace parlab
