#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "kernels/backends/ranks/lifeline.hpp"
#include "kernels/posix/start_thread.hpp"

namespace parlab {
namespace {

/// For what has started this rank to end it, and to remove what MPI keeps in files.
constexpr std::chrono::seconds end_patience{2};

int own_rank() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"})
    if (const char* const text = std::getenv(name)) return std::atoi(text);  // NOLINT
  return 0;
}

/// Whether it is what an mpirun elsewhere has started on this machine for its ranks.
bool is_rank_starter(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/comm", process));
  std::string name;
  file >> name;
  return name == "orted" || name == "prted" || name == "hydra_pmi_proxy";
}

/// Of a rank that nobody waits for. What started it would wait for minutes for the lost machine.
[[noreturn]] void end_here() {
  if (const pid_t starter = getppid(); is_rank_starter(starter)) {
    kill(starter, SIGTERM);
    std::this_thread::sleep_for(end_patience);
    kill(starter, SIGKILL);
  }
  _exit(1);
}

}  // namespace

void hold_lifeline() {
  const char* const address = std::getenv(lifeline_variable);  // NOLINT(concurrency-mt-unsafe)
  if (address == nullptr || *address == '\0') return;
  FileDescriptor socket;
  try {
    socket = connect_lifeline(address, own_rank());
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(
        fmt::format("rank {} on {}: {}", own_rank(), machine_name(), error.what()));
  }
  start_thread(
      [fd = socket.release()] {  // to the end of the process
        block_all_signals();
        pollfd end{fd, POLLIN, 0};
        while (poll(&end, 1, -1) < 0 && errno == EINTR) continue;
        end_here();
      },
      "that holds the lifeline")
      .detach();
}

}  // namespace parlab
