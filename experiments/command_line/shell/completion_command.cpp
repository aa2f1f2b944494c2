// parlab completion: scripts by which shells complete parlab's words. They ask the program itself, so that
// what they offer is what it takes.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/shell/completion_candidates.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

// bash splits words at : and =, which backends and options hold: the line is split here, and what stands
// before the last of them is cut off what is offered.
constexpr char bash_script[] = R"(# Completes parlab in bash: source <(parlab completion bash)
_parlab() {
  local line="${COMP_LINE:0:COMP_POINT}" words candidate
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local last="${words[${#words[@]}-1]}"
  local cut="${last%"${last##*[:=]}"}"
  [[ $COMP_WORDBREAKS == *:* && $COMP_WORDBREAKS == *=* ]] || cut=''
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    COMPREPLY+=("${candidate#"$cut"}")
  done < <("${words[0]/#\~/$HOME}" completion --words "${words[@]:1}" 2>/dev/null)
}
complete -o bashdefault -o default -F _parlab parlab
)";

constexpr char zsh_script[] = R"(#compdef parlab
# Completes parlab in zsh: source <(parlab completion zsh), or this file as _parlab in a folder of $fpath.
_parlab() {
  local -a lines offered
  local line word
  lines=("${(@f)$(${~words[1]} completion --words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    word=${line%%$'\t'*}
    offered+=("${word//:/\\:}:${line#*$'\t'}")
  done
  if (( $#offered )); then
    _describe parlab offered
  else
    _files
  fi
}
if [[ ${funcstack[1]} == _parlab ]]; then
  _parlab "$@"
elif (( $+functions[compdef] )); then
  compdef _parlab parlab
fi
)";

constexpr char fish_script[] = R"(# Completes parlab in fish: parlab completion fish | source
function __parlab_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l offered ($words[1] completion --words $words[2..] "$last" 2>/dev/null)
    if test (count $offered) -gt 0
        printf '%s\n' $offered
    else
        __fish_complete_path "$last"
    end
end
complete -c parlab -f -a '(__parlab_complete)'
)";

}  // namespace

int completion_command(const Arguments& arguments) {
  if (!arguments.empty() && arguments[0] == "--words") {
    for (const Candidate& one : completion_candidates({arguments.begin() + 1, arguments.end()}))
      say("{}\t{}\n", one.word, one.what);
    return 0;
  }
  CLI::App app(
      "Prints a script that completes verbs, experiments, options and backends. SHELL is bash, zsh "
      "or fish.",
      "parlab completion");
  std::vector<std::string> shells;
  app.add_option("SHELL", shells, "bash, zsh or fish");
  app.footer(
      "For every shell to come, by hand where make install did not do it:\n"
      "  bash: parlab completion bash >~/.local/share/bash-completion/completions/parlab\n"
      "  zsh:  parlab completion zsh >_parlab, in a folder of $fpath\n"
      "  fish: parlab completion fish >~/.config/fish/completions/parlab.fish\n"
      "The scripts ask `parlab completion --words WORDS...` what may stand for the last word.\n"
      "Example: parlab completion bash >parlab.bash");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  if (shells.size() != 1)
    throw UsageError("completion: name one shell, as in parlab completion bash");
  require_known("shell", shells[0], {"bash", "zsh", "fish"});
  write_stdout(shells[0] == "bash" ? bash_script : shells[0] == "zsh" ? zsh_script : fish_script);
  return 0;
}

}  // namespace parlab
