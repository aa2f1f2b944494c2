#include "experiments/command_line/race/limit_outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/command_line/race/verdict_cells.hpp"

namespace parlab {
namespace {

constexpr int slower_code = 3, unresolved_code = 4;

}  // namespace

LimitOutcome::LimitOutcome(const ResultWords& words, const RaceRecord& race)
    : limit_(words.limit),
      fails_unresolved_(words.fail_on_unresolved),
      quantity_(quantity_of(race.options.metric, race.experiment->quantity())) {
  if (!limit_) return;
  findings_ = findings_of(*limit_, race.outcome.results, race.verdicts, race.alpha);
  for (const LimitFinding& finding : findings_)
    labels_.push_back(race.outcome.results[finding.result].entrant.label);
}

bool LimitOutcome::any(LimitSide side) const {
  return std::ranges::find(findings_, side, &LimitFinding::side) != findings_.end();
}

int LimitOutcome::exit_code() const {
  if (any(LimitSide::beyond)) return slower_code;
  return fails_unresolved_ && any(LimitSide::open) ? unresolved_code : 0;
}

std::string LimitOutcome::text() const {
  if (!limit_) return "";
  const std::string limit = quantity_ == "time"
                                ? fmt::format("slower by more than {:g} %", 100 * limit_->fraction)
                                : fmt::format("over the baseline's {} by more than {:g} %",
                                              quantity_, 100 * limit_->fraction);
  const auto list = [&](LimitSide side, const std::string& head) {
    std::string text;
    for (std::size_t i = 0; i < findings_.size(); ++i)
      if (findings_[i].side == side)
        text += fmt::format("{} {}x {}", (text.empty() ? "" : ", ") + labels_[i],
                            fmt::format("{:.3g}", findings_[i].comparison.ratio),
                            interval_text(findings_[i].comparison.interval));
    return text.empty() ? "" : head + text;
  };
  const std::string beyond = list(LimitSide::beyond, "Beyond the limit, " + limit + ": ");
  const std::string open = list(
      LimitSide::open, (beyond.empty() ? "Not told whether " : "not told whether ") + limit + ": ");
  if (beyond.empty() && open.empty())
    return fmt::format("Within the limit: no arm is {}.\n", limit);
  return fmt::format("{}{}{}.\n", beyond, beyond.empty() || open.empty() ? "" : "; ", open);
}

nlohmann::json LimitOutcome::json() const {
  if (!limit_) return nullptr;
  nlohmann::json document = {
      {"slower", limit_->fraction}, {"exit_code", exit_code()}, {"arms", nlohmann::json::array()}};
  for (const LimitFinding& finding : findings_) {
    nlohmann::json arm = headline_json({{finding.result, 0}, finding.comparison, ""});
    document["arms"].push_back({{"result", finding.result},
                                {"side", to_string(finding.side)},
                                {"ratio", arm.at("ratio")},
                                {"interval", arm.at("interval")},
                                {"confidence", arm.at("confidence")}});
  }
  return document;
}

}  // namespace parlab
