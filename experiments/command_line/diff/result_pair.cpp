#include "experiments/command_line/diff/result_pair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "experiments/base/json_text.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// Of a change in words.
constexpr std::size_t max_told_bytes = 60;

constexpr std::array<std::string_view, 6> of_the_machine = {"host",         "cpu",    "cores",
                                                            "usable_cores", "caches", "simd"};

/// Of each run alone.
const std::set<std::string> of_the_run = {"date", "command", "load_before", "load_after",
                                          "steal_seconds"};

std::string changed(const std::string& name, const json& before, const json& after) {
  return fmt::format("{}: {}, now {}", name, told_answer(before, max_told_bytes),
                     told_answer(after, max_told_bytes));
}

/// What two objects differ in, a sentence a name; what is itself an object, by its names.
std::vector<std::string> changes_of(const json& before, const json& after,
                                    const std::string& path = "") {
  std::set<std::string> names;
  for (const json* one : {&before, &after})
    for (const auto& item : one->items()) names.insert(item.key());
  std::vector<std::string> changes;
  for (const std::string& name : names) {
    if (path.empty() && of_the_run.contains(name)) continue;
    const json then = before.value(name, json()), now = after.value(name, json());
    if (then == now) continue;
    if (then.is_object() && now.is_object())
      std::ranges::copy(changes_of(then, now, path + name + "."), std::back_inserter(changes));
    else
      changes.push_back(changed(path + name, then, now));
  }
  return changes;
}

/// Against the reference in the rounds that both ran; none where one of them has no samples.
std::optional<Comparison> against(const FileResult& file, const FileArm& reference,
                                  const FileArm& arm, double alpha) {
  const std::size_t rounds = std::min(reference.values.size(), arm.values.size());
  if (rounds == 0 || !reference.cause.empty() || !arm.cause.empty()) return std::nullopt;
  const auto guard = file.guards.find(arm.group);
  return compare(std::span(reference.values).first(rounds), std::span(arm.values).first(rounds),
                 {.alpha = alpha, .guard = guard == file.guards.end() ? 0 : guard->second},
                 file.dependence);
}

/// The reference of an arm in a file: that of the label, else the group's baseline.
const FileArm* reference_in(const FileResult& file, const FileArm& arm, const std::string& label) {
  if (!label.empty()) return file.find(label, arm.group);
  const auto found = std::ranges::find_if(file.arms, [&](const FileArm& other) {
    return other.group == arm.group && other.is_baseline;
  });
  return found == file.arms.end() ? nullptr : &*found;
}

void compare_times(const ResultPair& pair, ArmPair& arm, const std::string& label, double alpha) {
  if (!pair.first.is_race || !pair.second.is_race) return;
  const FileArm* first = reference_in(pair.first, *arm.first, label);
  const FileArm* second = reference_in(pair.second, *arm.second, label);
  const bool is_shared = first != nullptr && second != nullptr && first->label == second->label &&
                         first->identity == second->identity;
  if (!is_shared || first == arm.first) return;
  arm.reference = first;
  arm.in_first = against(pair.first, *first, *arm.first, alpha / 2);
  arm.in_second = against(pair.second, *second, *arm.second, alpha / 2);
  if (arm.in_first && arm.in_second)
    arm.both = ratio_of_ratios(*arm.in_first, *arm.in_second, alpha);
}

/// Whether the two ask the same, so that their answers must be the same.
bool ask_the_same(const FileArm& first, const FileArm& second) {
  for (const char* name : {"experiment", "kernel", "size", "unit", "parameters"})
    if (first.identity.value(name, json()) != second.identity.value(name, json())) return false;
  return first.cause.empty() && second.cause.empty() && !first.answer.is_null() &&
         !second.answer.is_null();
}

}  // namespace

bool ResultPair::answers_differ() const {
  return std::ranges::any_of(arms, &ArmPair::answers_differ);
}

ResultPair pair_results(FileResult first, FileResult second, const std::string& reference,
                        double alpha) {
  ResultPair pair{.first = std::move(first), .second = std::move(second)};
  if (pair.first.metric != pair.second.metric)
    throw UsageError(fmt::format("diff: {} compares {}, {} {}; measure both by one --metric",
                                 as_utf8(pair.first.path), pair.first.metric,
                                 as_utf8(pair.second.path), pair.second.metric));
  for (const FileResult* file : {&pair.first, &pair.second})
    if (!reference.empty() &&
        std::ranges::find(file->arms, reference, &FileArm::label) == file->arms.end())
      throw UsageError(
          fmt::format("diff: --reference: {} has no arm '{}'", as_utf8(file->path), reference));
  pair.changes = changes_of(pair.first.context, pair.second.context);
  for (const std::string_view name : of_the_machine) {
    const std::string key(name);
    const json then = pair.first.context.value(key, json()),
               now = pair.second.context.value(key, json());
    if (then != now && pair.other_machine.empty()) pair.other_machine = changed(key, then, now);
  }
  for (const FileArm& arm : pair.first.arms) {
    const FileArm* other = pair.second.find(arm.label, arm.group);
    if (other == nullptr) {
      pair.only_first.push_back(arm.label);
      continue;
    }
    ArmPair both{.first = &arm, .second = other};
    for (const std::string& change : changes_of(arm.identity, other->identity))
      both.changes += (both.changes.empty() ? "" : "; ") + change;
    both.answers_differ = ask_the_same(arm, *other) && arm.answer != other->answer;
    compare_times(pair, both, reference, alpha);
    pair.arms.push_back(std::move(both));
  }
  for (const FileArm& arm : pair.second.arms)
    if (pair.first.find(arm.label, arm.group) == nullptr) pair.only_second.push_back(arm.label);
  if (pair.arms.empty())
    throw UsageError(
        fmt::format("diff: {} and {} have no arm in common; give two files of one race",
                    as_utf8(pair.first.path), as_utf8(pair.second.path)));
  return pair;
}

}  // namespace parlab
