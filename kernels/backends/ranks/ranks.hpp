#pragma once

// Processes that share no memory, maybe on several machines, numbered from 0: MPI's ranks. All of
// them run the same program, and call what is collective here in the same order (SPMD): so each has
// the same closures, and only numbers and partial results travel.
//
// What sends is a module (mpi_module.cpp) that is loaded in ranks alone: a parlab without ranks
// neither needs an MPI library nor waits for one to load.
//
// Cost: a rank that waits looks again and again for the first 100 us, then naps, for a sixteenth of
// the time that it has waited and 1 ms at most; at rest 10 ms: then it takes no core.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace parlab {

/// Something that a rank lets the others know without waiting for them: a hint, which comes late or
/// not at all where they have ended meanwhile what it is about.
struct RankNews {
  enum Kind : std::uint64_t { failure, hit };
  Kind kind;
  std::uint64_t run;    // or search, of its kind, that it is about
  std::uint64_t value;  // of a hit
};

class Ranks {
 public:
  virtual ~Ranks() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Of each rank.
  virtual const std::vector<std::string>& hosts() const = 0;
  /// "Open MPI v4.1.4"
  virtual std::string library() const = 0;

  // Collective: every rank calls them, in the same order, and waits for the others.

  /// What `root` holds goes to all.
  virtual void broadcast(std::span<std::byte> bytes, int root) = 0;
  /// The number of each rank, in all ranks.
  virtual std::vector<std::uint64_t> gather(std::uint64_t number) = 0;
  /// Items of each rank, `counts` of them, stand one rank behind the other in `items`, each rank
  /// having filled in its own; then all have all.
  virtual void gather_items(std::byte* items, std::size_t item_bytes,
                            std::span<const std::uint64_t> counts) = 0;

  // For one rank.

  /// As the caller's command to all: rank 0 sends, the others wait at rest.
  virtual void send_command(char command) = 0;
  virtual char wait_for_command() = 0;

  /// 0, 1, 2, ... to whichever rank asks, counted for each run by itself; `run` goes up by one, and
  /// something collective stands between two runs.
  virtual std::uint64_t next_ticket(std::uint64_t run) = 0;

  virtual void tell(const RankNews& news) = 0;
  /// What another rank has told, if anything.
  virtual std::optional<RankNews> hear() = 0;

  /// Ends all ranks at once, where they can no longer agree.
  [[noreturn]] virtual void abort() = 0;
};

/// Joins the ranks that this process was started with, by the module in `file`. `threads`: of each
/// rank, for backends that have several in one; 1 else. Throws std::runtime_error where it cannot be
/// loaded, or where there are not so many ranks. Once a process.
Ranks& join_ranks(const std::string& file, std::vector<int> threads);

/// Of each of the ranks joined, as join_ranks() was given it.
const std::vector<int>& rank_threads();

/// The MPI library that the module in `file` is linked with, "Open MPI v4.1.4". Throws
/// std::runtime_error where it cannot be loaded.
std::string rank_library(const std::string& file);

/// Those joined, or null.
Ranks* joined_ranks();

/// Ends the ranks in good order: collective.
void leave_ranks();

/// What failed in a rank, as its caller is told: "rank 1 on host: message". Collective: `failure` is
/// null where nothing has failed in this rank. Throws ChunkFailed in all ranks where it has in one.
void agree(Ranks& ranks, const std::string* failure);

}  // namespace parlab
