// Ranks by MPI: nothing here waits inside the library, which would keep a core busy; what is under
// way is looked at, with naps between.

#include <mpi.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "kernels/backends/ranks/module.hpp"
#include "kernels/backends/ranks/rank_naps.hpp"
#include "kernels/backends/ranks/ticket_counter.hpp"

namespace parlab {
namespace {

constexpr int command_tag = 1, news_tag = 2;
constexpr int news_numbers = 3;  // of a RankNews

/// "Open MPI v4.1.4": what stands before the first comma or line's end.
const std::string& library_name() {
  static const std::string name = [] {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    const std::string whole(text.data(), static_cast<std::size_t>(length));
    return whole.substr(0, whole.find_first_of(",\n"));
  }();
  return name;
}

class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    int has = MPI_THREAD_SINGLE;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &has);
    if (has < MPI_THREAD_SERIALIZED)
      throw std::runtime_error("this MPI lets only one thread of a rank call it");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm_dup(MPI_COMM_WORLD, &beside_);
    std::vector<char> names(static_cast<std::size_t>(size_) * MPI_MAX_PROCESSOR_NAME);
    int length = 0;
    char* const own = names.data() + static_cast<std::ptrdiff_t>(rank_) * MPI_MAX_PROCESSOR_NAME;
    MPI_Get_processor_name(own, &length);
    MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, names.data(), MPI_MAX_PROCESSOR_NAME,
                  MPI_CHAR, MPI_COMM_WORLD);
    for (int rank = 0; rank < size_; ++rank)
      hosts_.emplace_back(names.data() +
                          static_cast<std::ptrdiff_t>(rank) * MPI_MAX_PROCESSOR_NAME);
    if (share_a_machine())
      counter_ = std::make_unique<SharedCounter>(mutex_, rank_);
    else
      counter_ = std::make_unique<AskedCounter>(mutex_, rank_);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  MpiRanks(const MpiRanks&) = delete;
  MpiRanks& operator=(const MpiRanks&) = delete;

  ~MpiRanks() override {
    while (hear()) continue;
    finish_told();
    counter_.reset();
    MPI_Comm_free(&beside_);
    MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  const std::vector<std::string>& hosts() const override { return hosts_; }
  std::string library() const override { return library_name(); }

  void broadcast(std::span<std::byte> bytes, int root) override {
    wait([&](MPI_Request& request) {
      MPI_Ibcast(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, root, MPI_COMM_WORLD,
                 &request);
    });
  }

  std::vector<std::uint64_t> gather(std::uint64_t number) override {
    std::vector<std::uint64_t> numbers(static_cast<std::size_t>(size_));
    wait([&](MPI_Request& request) {
      MPI_Iallgather(&number, 1, MPI_UINT64_T, numbers.data(), 1, MPI_UINT64_T, MPI_COMM_WORLD,
                     &request);
    });
    counter_->rest();
    return numbers;
  }

  void gather_items(std::byte* items, std::size_t item_bytes,
                    std::span<const std::uint64_t> counts) override {
    std::vector<int> lengths, places;
    int place = 0;
    for (const std::uint64_t count : counts) {
      lengths.push_back(static_cast<int>(count));
      places.push_back(place);
      place += lengths.back();
    }
    MPI_Datatype item = MPI_DATATYPE_NULL;
    MPI_Type_contiguous(static_cast<int>(item_bytes), MPI_BYTE, &item);
    MPI_Type_commit(&item);
    wait([&](MPI_Request& request) {
      MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, items, lengths.data(), places.data(),
                      item, MPI_COMM_WORLD, &request);
    });
    MPI_Type_free(&item);
  }

  void send_command(char command) override {
    std::vector<MPI_Request> sent(static_cast<std::size_t>(size_), MPI_REQUEST_NULL);
    {
      const std::scoped_lock one(mutex_);
      for (int rank = 1; rank < size_; ++rank)
        MPI_Isend(&command, 1, MPI_CHAR, rank, command_tag, MPI_COMM_WORLD,
                  &sent[static_cast<std::size_t>(rank)]);
    }
    wait_until([&] { return tested_all(sent); });
  }

  char wait_for_command() override {
    char command = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    {
      const std::scoped_lock one(mutex_);
      MPI_Irecv(&command, 1, MPI_CHAR, 0, command_tag, MPI_COMM_WORLD, &request);
    }
    wait_until([&] { return tested(request); }, rank_rest_nap);
    return command;  // NOLINT(clang-analyzer-optin.mpi.MPI-Checker): tested() completes it
  }

  std::uint64_t next_ticket(std::uint64_t run) override { return counter_->next(run); }

  void tell(const RankNews& news) override {
    const std::scoped_lock one_teller(tell_mutex_);
    finish_told();
    const std::scoped_lock one(mutex_);
    told_ = {news.kind, news.run, news.value};
    sent_.assign(static_cast<std::size_t>(size_), MPI_REQUEST_NULL);
    for (int rank = 0; rank < size_; ++rank)
      if (rank != rank_)
        MPI_Isend(told_.data(), news_numbers, MPI_UINT64_T, rank, news_tag, beside_,
                  &sent_[static_cast<std::size_t>(rank)]);
  }

  std::optional<RankNews> hear() override {
    const std::scoped_lock one(mutex_);
    int is_there = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, news_tag, beside_, &is_there, &status);
    if (is_there == 0) return std::nullopt;
    std::array<std::uint64_t, news_numbers> news{};
    MPI_Recv(news.data(), news_numbers, MPI_UINT64_T, status.MPI_SOURCE, news_tag, beside_,
             MPI_STATUS_IGNORE);
    return RankNews{static_cast<RankNews::Kind>(news[0]), news[1], news[2]};
  }

  [[noreturn]] void abort() override {
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::abort();
  }

 private:
  static bool share_a_machine() {
    MPI_Comm machine = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    int here = 0, all = 0;
    MPI_Comm_size(machine, &here);
    MPI_Comm_size(MPI_COMM_WORLD, &all);
    MPI_Comm_free(&machine);
    return here == all;  // all ranks find the same
  }

  bool tested(MPI_Request& request) {
    const std::scoped_lock one(mutex_);
    int is_done = 0;
    MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
    return is_done != 0;
  }
  bool tested_all(std::vector<MPI_Request>& requests) {
    const std::scoped_lock one(mutex_);
    int are_done = 0;
    MPI_Testall(static_cast<int>(requests.size()), requests.data(), &are_done, MPI_STATUSES_IGNORE);
    return are_done != 0;
  }

  template <class Start>
  void wait(const Start& start) {
    MPI_Request request = MPI_REQUEST_NULL;
    {
      const std::scoped_lock one(mutex_);
      start(request);
    }
    wait_until([&] { return tested(request); });
  }  // NOLINT(clang-analyzer-optin.mpi.MPI-Checker): tested() completes it

  /// Before the news that were sent last make room: small messages, which are soon away.
  void finish_told() {
    if (!sent_.empty()) wait_until([&] { return tested_all(sent_); });
    sent_.clear();
  }

  int rank_ = 0, size_ = 1;
  std::mutex mutex_;  // of MPI: a search listens in a thread of its own
  std::vector<std::string> hosts_;
  MPI_Comm beside_ = MPI_COMM_NULL;  // for news, which nobody waits for
  std::unique_ptr<TicketCounter> counter_;
  std::array<std::uint64_t, news_numbers> told_{};
  std::vector<MPI_Request> sent_;
  std::mutex tell_mutex_;  // taken before the other
};

}  // namespace
}  // namespace parlab

extern "C" __attribute__((visibility("default"))) parlab::Ranks* parlab_start_ranks() {
  return new parlab::MpiRanks;
}

extern "C" __attribute__((visibility("default"))) const char* parlab_mpi_library() {
  return parlab::library_name().c_str();
}
