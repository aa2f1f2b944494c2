#include "experiments/peers/peer_facts.hpp"

namespace parlab {
namespace {

const char* word_for(Part part) {
  switch (part) {
    case Part::own:
      return "own";
    case Part::bound:
      return "bound";
    case Part::scaling:
      return "scaling";
    case Part::peer:
      break;
  }
  return "peer";
}

}  // namespace

nlohmann::json to_json(const AgainstFacts& facts) {
  nlohmann::json json = {{"task", facts.task},
                         {"part", word_for(facts.part)},
                         {"library", facts.library},
                         {"bound", facts.bound},
                         {"goal", nullptr}};
  if (facts.goal) json["goal"] = *facts.goal;
  if (facts.source)
    json["source"] = {{"program", facts.source->program}, {"seconds", facts.source->seconds}};
  return json;
}

}  // namespace parlab
