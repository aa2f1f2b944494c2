#pragma once

// Connections by which whoever started ranks on other machines, and the ranks, learn that the other
// side is gone: a machine that lost its power, or its network, closes nothing. Nothing is ever sent;
// the kernels of both sides ask each other once a second (TCP's keepalive) whether they are there,
// so that it makes no difference how busy, slow or stopped the processes are.
//
// Cost: two packets a second for each rank; no time of any process.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// Variable that holds LifelineServer::address() for ranks.
inline constexpr char lifeline_variable[] = "PARLAB_LIFELINE";

/// A rank whose connection has ended.
struct LostRank {
  int rank;
  std::string host;
  bool is_silent;  // its machine no longer answers; else that told the end of the process
};

class LifelineServer {
 public:
  /// Listens on all addresses of this machine. Throws std::system_error.
  LifelineServer();

  /// A secret, the port and the addresses, for connect_lifeline().
  std::string address() const;

  /// Readable when read() has something to do.
  int fd() const { return events_.get(); }
  /// Takes new connections, and finds those that have ended.
  void read();
  /// Whether a rank is connected.
  bool has_ranks() const;
  /// In the order in which they were lost.
  const std::vector<LostRank>& lost() const { return lost_; }

 private:
  struct Peer {
    FileDescriptor socket;
    std::string hello;  // as far as it has come
    int rank = -1;      // below 0: it only asks
    std::string host;
    bool is_taken = false;  // by a rank
  };
  void accept_all();
  void watch(int fd) const;
  /// False when it has ended.
  bool read_peer(Peer& peer);

  std::string secret_;
  std::uint16_t port_ = 0;
  FileDescriptor listener_, events_;
  std::map<int, Peer> peers_;  // by descriptor
  std::vector<LostRank> lost_;
};

/// Connects to that server, by whichever of its addresses answers first, within 5 s. Throws
/// std::runtime_error where none does. A negative rank is told of its end to nobody.
FileDescriptor connect_lifeline(const std::string& address, int rank);

/// "10.0.0.1, 10.1.0.1": of LifelineServer::address(), what a firewall would have to let pass.
std::string lifeline_places(const std::string& address);

/// By which this machine knows itself.
std::string machine_name();

/// Where lifeline_variable is set: connects this rank, and ends it, and what started it on this
/// machine, when the other side is gone. The rank's number is taken from MPI's variables. Throws as
/// connect_lifeline(). Once a process, before MPI starts, which may wait for ever.
void hold_lifeline();

}  // namespace parlab
