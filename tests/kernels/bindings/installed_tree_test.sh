#!/bin/sh
# Installs a build into an empty folder and uses it from there as others would: by find_package, by
# pkg-config, from Python. The library must show the calls of parlab.h and nothing else.
#
#   installed_tree_test.sh BUILD [PYTHON]
set -eu
build=$1
python=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
prefix=$tree/prefix
cmake --install "$build" --prefix "$prefix" >"$tree/install.log"

library=$(find "$prefix" -name libparlab.so.1)
[ -n "$library" ] || { echo "no libparlab.so.1 was installed"; exit 1; }
libraries=$(dirname "$library")
shown=$(nm -D --defined-only "$library" | awk '$2 != "A" {print $3}' | sort)
promised=$(sed -n 's/^PARLAB_EXPORT.* \**\(parlab_[a-z_]*\)(.*/\1@@PARLAB_1/p' "$prefix/include/parlab.h" | sort)
[ "$shown" = "$promised" ] || {
  printf 'the library shows:\n%s\nparlab.h promises:\n%s\n' "$shown" "$promised"
  exit 1
}

if [ -e "$build/share/made" ]; then # not where sanitizers run
  for page in man/man1/parlab.1 man/man1/parlab-race.1 bash-completion/completions/parlab zsh/site-functions/_parlab \
      fish/vendor_completions.d/parlab.fish; do
    [ -s "$prefix/share/$page" ] || { echo "share/$page was not installed"; exit 1; }
  done
fi

cmake -S "$here/consumer" -B "$tree/consumer" -DCMAKE_PREFIX_PATH="$prefix" >"$tree/configure.log"
cmake --build "$tree/consumer" >"$tree/build.log"
"$tree/consumer/consumer"

export PKG_CONFIG_PATH="$libraries/pkgconfig"
if command -v pkg-config >/dev/null; then
  # shellcheck disable=SC2046  # one word a flag
  cc -o "$tree/by_pkg_config" "$here/consumer/consumer.c" $(pkg-config --cflags --libs parlab)
  LD_LIBRARY_PATH=$libraries "$tree/by_pkg_config"
fi

if [ -n "$python" ] && "$python" -c 'import numpy' 2>/dev/null; then
  package=$(dirname "$(find "$prefix" -name parlab -path '*dist-packages*')")
  cd "$tree"
  PYTHONPATH=$package "$python" -c '
import parlab
assert parlab.library_path().startswith("'"$prefix"'"), parlab.library_path()
assert parlab.count_primes(0, 1e6, backend="threads", workers=2) == 78498
print("import parlab", parlab.__version__)'
  [ -e "$package/parlab/py.typed" ] || { echo "no py.typed was installed"; exit 1; }
  # The modules that were built find the library beside which they were installed, and no other.
  [ ! -d "$package/parlab_calls" ] || PYTHONPATH=$package "$python" -c '
import pathlib, parlab_calls
ways = parlab_calls.available()
made = {path.name.split(".")[0] for path in pathlib.Path(parlab_calls.__file__).parent.glob("by_*.so")}
assert made <= set(ways), (made, list(ways))
assert all(way.count_darts(1000, 7) == 784 for way in ways.values())
loaded = {line.split()[-1] for line in open("/proc/self/maps") if "libparlab" in line}
assert len(loaded) == 1 and loaded.pop().startswith("'"$prefix"'"), loaded
print("import parlab_calls:", *ways)'
fi
