#include "experiments/command_line/race/race_markdown.hpp"

#include <fmt/format.h>

#include "experiments/base/json_text.hpp"

namespace parlab {
namespace {

/// What cannot end a block of code.
std::string in_fence(std::string text) {
  for (std::size_t at = 0; (at = text.find("```", at)) != std::string::npos;)
    text.replace(at, 3, "'''");
  return text;
}

}  // namespace

std::string race_markdown(const RaceRecord& race, const nlohmann::json& context, const Table& table,
                          const std::vector<Headline>& headlines, const std::string& limit) {
  std::string text = fmt::format("### {}\n\n", markdown_escaped(race.experiment->question()));
  if (!limit.empty())
    text += fmt::format("**{}**\n\n", markdown_escaped(limit.substr(0, limit.size() - 1)));
  for (const Headline& headline : headlines)
    text += fmt::format("- {}.\n", markdown_escaped(headline.sentence));
  for (const Measured& result : race.outcome.results)
    if (result.failure)
      text += fmt::format("- {} failed: {}.\n", markdown_escaped(result.entrant.label),
                          markdown_escaped(result.failure->cause));
  if (!text.ends_with("\n\n")) text += "\n";
  text += table.markdown();
  text += fmt::format(
      "\n<details><summary>{} rounds in {:.1f} s on {}</summary>\n\nThe ratio is the baseline's {} "
      "divided by the arm's, in the same round; its interval holds at any number of rounds. A/A is "
      "the "
      "baseline against itself.\n\n```\n{}\n```\n\nparlab {}, {} of {} cores, {}\n</details>\n",
      race.outcome.rounds(), race.outcome.elapsed_seconds,
      markdown_escaped(context.value("cpu", "")),
      quantity_of(race.options.metric, race.experiment->quantity()),
      in_fence(as_utf8(context.value("command", ""))), context.value("version", ""),
      context.value("usable_cores", 0), context.value("cores", 0),
      context.value("virtual_machine", false) ? "a virtual machine" : "no virtual machine");
  return as_utf8(text);
}

}  // namespace parlab
