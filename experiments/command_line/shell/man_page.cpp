#include "experiments/command_line/shell/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "experiments/command_line/shell/verb_table.hpp"
#include "experiments/measure/results/context.hpp"

namespace parlab {
namespace {

std::string upper(std::string text) {
  for (char& letter : text)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return text;
}

std::string head(const std::string& name, const std::string& date, const std::string& what) {
  return fmt::format(".TH {} 1 {} \"parlab {}\" \"User commands\"\n.SH NAME\n{} \\- {}\n",
                     upper(roff_escaped(name)), date, program_version(), roff_escaped(name),
                     roff_escaped(what));
}

/// What comes behind the option: its values, FILE, or VALUE.
std::string value_text(const HelpOption& option) {
  if (option.is_positional() || !option.takes_value) return "";
  std::string values;
  for (const std::string& value : option.values)
    values += fmt::format("{}{}", values.empty() ? "" : "|", value);
  return " \\fI" + (values.empty() ? "VALUE" : roff_escaped(values)) + "\\fR";
}

std::string option_text(const HelpOption& option) {
  std::string names;
  for (const std::string& name : option.names)
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff_escaped(name));
  return fmt::format(".TP\n{}{}\n{}\n", names, value_text(option), roff_escaped(option.what));
}

/// Lines as they stand: those that are indented in the help are examples or small tables.
std::string footer_text(const std::string& footer) {
  std::string text;
  std::istringstream lines(footer);
  for (std::string line; std::getline(lines, line);)
    text += (text.empty() ? "" : ".br\n") + roff_escaped(line) + "\n";
  return text.empty() ? "" : ".SH NOTES\n" + text;
}

std::string options_text(const std::vector<HelpOption>& options) {
  std::string text;
  for (const HelpOption& option : options) text += option_text(option);
  return text;
}

/// The options that experiments share, and those that each adds.
std::string experiment_options(const Verb& verb) {
  std::vector<HelpOption> shared;
  std::string each;
  for (const std::string& name : experiments_of(verb)) {
    const HelpTable own = own_table_of(name);
    each += fmt::format(".SS {}\n{}\n{}", roff_escaped(name), roff_escaped(own.what),
                        options_text(own.options));
    for (const HelpOption& option : table_of(verb, name).options) {
      const auto same = [&](const HelpOption& other) { return other.names == option.names; };
      if (std::ranges::none_of(own.options, same) && std::ranges::none_of(shared, same))
        shared.push_back(option);
    }
  }
  return ".SH OPTIONS\n" + options_text(shared) + ".SH EXPERIMENTS\n" + each;
}

constexpr char program_sections[] =
    R"(.SH "EXIT STATUS"
.TP
0
all went well
.TP
1
the run failed: an arm failed, an answer is wrong, or what was asked for could not be written
.TP
2
bad input: one line says what, why and what to do; nothing was written
.TP
3, 4
what \fB\-\-fail\-on\fR asks about
.TP
130
interrupted by Ctrl\-C; complete rounds are kept
.SH FILES
.TP
\fI~/.cache/parlab\fR
compiled kernels of \fBparlab run own\fR, the newest 100
)";

}  // namespace

std::string roff_escaped(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    const bool begins = escaped.empty() || escaped.back() == '\n';
    // A control line, or a space that would break the line.
    if (begins && (letter == '.' || letter == '\'')) escaped += "\\&";
    switch (letter) {
      case '\\':
        escaped += "\\e";
        break;
      case '-':
        escaped += "\\-";
        break;
      case '\'':
        escaped += "\\(aq";
        break;
      case '`':
        escaped += "\\(ga";
        break;
      case '^':
        escaped += "\\(ha";
        break;
      case '~':
        escaped += "\\(ti";
        break;
      case ' ':
        escaped += begins ? "\\ " : " ";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

std::string program_man_page(const std::string& date) {
  std::string text = head("parlab", date, "which parallel backend suits a loop on this machine");
  text +=
      ".SH SYNOPSIS\n.B parlab\n.I VERB\n\\&...\n.SH DESCRIPTION\nMeasures loops and commands in "
      "paired rounds, and says whether a difference is real.\n.SH VERBS\n";
  for (const Verb& verb : verbs())
    text += fmt::format(".TP\n\\fB{}\\fR \\fI{}\\fR\n{}; see\n.BR parlab\\-{} (1)\n",
                        roff_escaped(verb.name), roff_escaped(verb.operands),
                        roff_escaped(verb.what), roff_escaped(verb.name));
  return text + program_sections;
}

std::string verb_man_page(const Verb& verb, const std::string& date) {
  const std::string name = fmt::format("parlab-{}", verb.name);
  std::string text = head(name, date, std::string(verb.what));
  const std::vector<std::string> experiments = experiments_of(verb);
  const HelpTable table = table_of(verb, experiments.empty() ? "" : experiments.front());
  const bool operands_first = verb.operands != "-- A -- B" && !verb.operands.starts_with("--");
  const std::string operands =
      verb.operands.empty() ? "" : fmt::format(" \\fI{}\\fR", roff_escaped(verb.operands));
  text += fmt::format(".SH SYNOPSIS\n\\fBparlab {}\\fR{} [\\fIOPTIONS\\fR]{}\n", verb.name,
                      operands_first ? operands : "", operands_first ? "" : operands);
  text += ".SH DESCRIPTION\n";
  if (takes_experiment(verb)) {
    text += roff_escaped(verb.what) + ".\n" + experiment_options(verb);
  } else {
    text += roff_escaped(table.what.empty() ? verb.what : table.what) + "\n";
    if (!table.options.empty()) text += ".SH OPTIONS\n" + options_text(table.options);
  }
  text += footer_text(takes_experiment(verb) ? "Quantities: 1000, 1e8, 1_000_000, 64Ki."
                                             : table.footer);
  return text + ".SH \"SEE ALSO\"\n.BR parlab (1)\n";
}

}  // namespace parlab
