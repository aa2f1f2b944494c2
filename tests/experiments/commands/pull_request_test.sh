#!/bin/sh
# Runs the commands of the example workflow, but for those that install parlab, in a repository of two commits:
# where the second is slower, the race fails with exit code 3; where it is not, it passes. Both show their table.
#
#   sh pull_request_test.sh WORKFLOW PROGRAM
set -eu
workflow=$1
PATH=$(dirname "$2"):$PATH
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The lines of a step's `run: |`, by the step's name.
commands_of() {
  awk -v name="- name: $1" '
    { line = $0; sub(/^ */, "", line); depth = length($0) - length(line) }
    line ~ /^- / { in_step = line == name; in_run = 0 }
    in_run && depth > run_depth { print substr($0, run_depth + 3) }
    in_step && line == "run: |" { in_run = 1; run_depth = depth }' "$workflow"
}

commit() {
  printf 'prog:\n\tprintf "#!/bin/sh\\nsleep %s\\necho done\\n" >prog\n\tchmod +x prog\n' "$1" >Makefile
  git add Makefile
  git -c user.name=test -c user.email=test@example.org commit -qm "Sleep $1 s" --allow-empty
  git rev-parse HEAD
}

race() {
  GITHUB_STEP_SUMMARY=$folder/summary
  export GITHUB_STEP_SUMMARY BASE HEAD
  : >"$GITHUB_STEP_SUMMARY"
  code=0
  sh -ec "$(commands_of 'Race the commits')" >"$folder/out" 2>&1 || code=$?
  sh -ec "$(commands_of 'Show the table')"
  if [ $code != "$1" ] || ! grep -q "$2" "$GITHUB_STEP_SUMMARY" || ! grep -q '| --- |' "$GITHUB_STEP_SUMMARY"; then
    echo "$BASE..$HEAD: exit code $code, not $1:"
    cat "$folder/out" "$GITHUB_STEP_SUMMARY"
    exit 1
  fi
  [ -s race.json ] || { echo "no race.json"; exit 1; }
  rm race.json race.md
  if [ -n "$(git status --porcelain)" ] || [ "$(git worktree list | wc -l)" != 1 ]; then
    git status
    git worktree list
    exit 1
  fi
}

[ -n "$(commands_of 'Race the commits')" ] || { echo "no step 'Race the commits' in $workflow"; exit 1; }
git init -q "$folder/project"
cd "$folder/project"
BASE=$(commit 0.02)
HEAD=$(commit 0.04)
race 3 'Beyond the limit, slower by more than 5'
BASE=$HEAD
HEAD=$(commit 0.02)
race 0 'Within the limit'
