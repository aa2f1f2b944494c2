#!/bin/sh
# What kernels/setup/deps says and does where it can install, where it cannot, and where there is nothing to do.
# Works on a copy of the project's list, so that nothing here reaches the network or the machine.
set -u
project=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp" # one test runs as another user
failures=0

fail() {
  echo "FAILED $test: $*"
  echo "  exit code $code; it said:"
  sed 's/^/  | /' "$tmp/err"
  failures=$((failures + 1))
}
expect_code() { [ "$code" = "$1" ] || fail "exit code should be $1"; }
expect_said() { grep -qF -- "$1" "$tmp/err" || fail "should say '$1'"; }
expect_not_said() { ! grep -qF -- "$1" "$tmp/err" || fail "should not say '$1'"; }
expect_silence() { [ ! -s "$tmp/err" ] || fail "should say nothing"; }

# A project of nothing but the scripts and a list; "$@" are lines put to its end.
fresh_project() {
  rm -rf "$tmp/project"
  mkdir -p "$tmp/project/kernels"
  cp -r "$project/kernels/setup" "$tmp/project/kernels"
  for line in "$@"; do echo "$line" >>"$tmp/project/kernels/setup/dependencies.cmake"; done
}
deps() {
  (cd "$tmp/project" && env PATH="${path:-$PATH}" sh kernels/setup/deps "$@") >"$tmp/err" 2>&1
  code=$?
}
# A folder of links to the programs named, as they are on this machine: a PATH without the others.
only() {
  mkdir -p "$tmp/path"
  rm -f "$tmp/path"/*
  for program in env sh awk sed cut tr grep cat head sort id mkdir mktemp rm mv kill dirname timeout "$@"; do
    program=$(command -v "$program") && case $program in /*) ln -s "$program" "$tmp/path" ;; esac
  done
  path=$tmp/path
}
declared() {
  sed -n "s/^parlab_dependency(\([^ ]*\) $1 \"\([^\"]*\)\".*/\1	\2/p" "$project/kernels/setup/dependencies.cmake"
}

test="without apt it lists what to install, and why"
fresh_project 'parlab_dependency(libmade-up-dev required "what no machine has")'
only
deps
expect_code 2
expect_said "there is no apt-get here"
for package in g++ cmake ninja-build; do # the required ones that are programs: PATH hides them
  reason=$(declared required | awk -F '\t' -v package="$package" '$1 == package { print $2 }')
  grep -qF -- "$package " "$tmp/err" || fail "should list $package"
  expect_said "$reason"
done
expect_said "libmade-up-dev"
expect_said "what no machine has"
expect_not_said "make lint" # develop was not asked for

test="an optional package that cannot be had is said once, and does not stop the build"
fresh_project 'parlab_dependency(libmade-up-dev optional "a column fewer")'
only g++ cmake ninja ccache python3
deps --again required optional
expect_code 0
expect_said "libmade-up-dev"
expect_said "a column fewer"
deps --again required optional
expect_code 0
expect_silence
deps required optional # asked for by hand it says it again
expect_code 0
expect_said "libmade-up-dev"

test="without rights it says who must install what"
if command -v apt-get >/dev/null; then
  fresh_project 'parlab_dependency(libmade-up-dev required "what no machine has")'
  only apt-get apt-cache dpkg-query dpkg-deb g++ cmake ninja ccache
  as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
  if [ "$(id -u)" = 0 ] && ! $as_nobody true 2>/dev/null; then
    # A root folder that only root may enter, as some containers have: nobody can run anything there.
    rm -f "$path/id"
    printf '#!/bin/sh\necho 65534\n' >"$path/id"
    chmod +x "$path/id"
    deps required
  elif [ "$(id -u)" = 0 ]; then
    chmod -R a+rX "$tmp/project"
    # shellcheck disable=SC2086  # one word each
    (cd "$tmp/project" && $as_nobody env PATH="$path" sh kernels/setup/deps required) \
      >"$tmp/err" 2>&1
    code=$?
  else
    deps required
  fi
  expect_code 2
  expect_said "you are not root"
  expect_said "apt-get install --no-remove --no-install-recommends libmade-up-dev"
fi

test="what is there is found without asking dpkg, and then nothing is said"
fresh_project
only g++ cmake ninja ccache python3
deps --again required test # tests run where these are
expect_code 0
expect_silence

test="what the notebooks need is asked for by the notebooks alone"
fresh_project 'parlab_dependency(python3-no_such_module notebook "what no python has")'
only g++ cmake ninja ccache python3
deps --again required report test
expect_code 0
expect_silence
deps --again required report test notebook
expect_code 2
expect_said "python3-no_such_module"
expect_said "what no python has"
for kinds in "" notebook; do # the python of the other verbs has no need of it either
  # shellcheck disable=SC2086  # no word, or one
  (cd "$tmp/project" && env PATH="$path" sh kernels/setup/python $kinds) >"$tmp/err" 2>&1
  code=$?
  if [ "$kinds" ]; then
    expect_code 1
    expect_said no_such_module
  else
    expect_code 0
  fi
done

test="a PYTHON without the modules is named"
fresh_project
path=$PATH
export PYTHON=true-python
deps --again
unset PYTHON
expect_code 2
expect_said "PYTHON=true-python"
expect_said "matplotlib"

test="a word that it does not know is refused"
path=$PATH
deps requird
expect_code 2
expect_said "unknown argument 'requird'"

test="every declared package has a kind, a reason and what shows it"
code=0
: >"$tmp/err"
lines=$(grep -c '^parlab_dependency(' "$project/kernels/setup/dependencies.cmake")
rows=$(sh "$project/kernels/setup/deps" --table | tail -n +3 | grep -cE '^\| .[^ ]+. \| [^|]+ \| [^|]+ \|$')
[ "$rows" = "$lines" ] ||
  fail "the table should have $lines complete rows"
for line in $(grep '^parlab_dependency(' "$project/kernels/setup/dependencies.cmake" | tr ' ' '~'); do
  case $line in # a version, or a python, is what shows that these are there
    *'(cmake~'* | *'(libboost'* | *'(python3'*) continue ;;
    *'")') fail "nothing shows that it is there: $(echo "$line" | tr '~' ' ')" ;;
  esac
done

test="kernels/setup/README.md lists the same packages"
readme=$project/kernels/setup/README.md
awk '/<!-- dependencies -->/ { inside = !inside; next } /<!--/ { inside = 0 } inside && /^\|/' "$readme" >"$tmp/readme"
sh "$project/kernels/setup/deps" --table | diff "$tmp/readme" - >"$tmp/err" ||
  fail "its table between <!-- dependencies --> and the next comment should be the output of kernels/setup/deps --table"

[ $failures = 0 ] || exit 1
echo "all as it should be"
