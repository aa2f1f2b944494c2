#include "experiments/checkpoint/pieces.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>

#include "experiments/checkpoint/fold_pacer.hpp"
#include "experiments/measure/race/race.hpp"

namespace parlab {
namespace {

/// Chunks are as for so many workers. Where it is known what 10 ms are, 4096 at least: a piece of 2 s
/// then has some for each worker. Else 65536: of a run of a day on 2 workers a chunk takes 3 s, and
/// those of a short run together cost some 50 ms.
constexpr int workers_of_known_cost = 256, workers_of_unknown_cost = 4096;

}  // namespace

std::uint64_t grain_in_pieces(const Workload& workload) {
  GrainLimits limits = workload.grain;
  if (workload.max_grain != 0) limits.max = workload.max_grain;
  return automatic_grain(workload.size,
                         workload.max_grain != 0 ? workers_of_known_cost : workers_of_unknown_cost,
                         limits);
}

OpenedArm open_in_pieces(const Experiment& experiment, const Arm& arm,
                         const CheckpointRequest& request) {
  const auto pacer =
      std::make_shared<FoldPacer>(request.file, request.interval, arm.executor.workers);
  Arm paced = arm;
  paced.executor.keeper = pacer.get();
  const auto whole = std::make_shared<const OpenedArm>(open_in_place(experiment, paced));
  return [pacer, whole, is_first = true]() mutable -> Answer {
    if (is_first && whole->prepare) whole->prepare();
    is_first = false;
    Answer answer = whole->run();
    const bool is_complete = pacer->done() == pacer->chunks();
    if (is_complete && whole->conclude) answer = whole->conclude();
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(pacer->state().data());
    return {{"chunks", pacer->chunks()},
            {"done", pacer->done()},
            {"seconds", pacer->seconds()},
            {"state", Answer::binary({bytes, bytes + pacer->state().size()})},
            {"answer", is_complete ? answer : Answer()}};
  };
}

Piece piece_of(const Answer& answer) try {
  const auto& state = answer.at("state").get_binary();
  const auto* bytes = reinterpret_cast<const std::byte*>(state.data());
  return {.chunks = answer.at("chunks"),
          .done = answer.at("done"),
          .seconds = answer.at("seconds"),
          .state = {bytes, bytes + state.size()},
          .answer = answer.at("answer")};
} catch (const Answer::exception&) {
  throw std::runtime_error("the run sent something else than a piece");
}

}  // namespace parlab
