#!/bin/sh
# The build in folders of odd names, and installed to folders that are whole paths, as Nix and Guix give them. A copy of
# the project is configured, and little of it compiled.
#
#   folders_test.sh SOURCE
set -eu
source=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
fail() {
  echo "$*" >&2
  exit 1
}
copy="$place/x[1] & c++ (copy), it's \$HOME 50% Über/parlab"
mkdir -p "$copy"
tar -C "$source" --exclude=./build --exclude='./build-*' --exclude=./.git --exclude=./reports/out -cf - . | tar -C "$copy" -xf -
cd "$copy"

cmake --preset release -DPARLAB_TESTS=OFF "-DCMAKE_INSTALL_LIBDIR=$place/dev/lib" "-DCMAKE_INSTALL_INCLUDEDIR=$place/other/include" \
  >"$place/log" 2>&1 || fail "does not configure: $(tail -n 5 "$place/log")"
cmake --build build --target parlab_backend_serial parlab_revision >"$place/log" 2>&1 ||
  fail "does not compile: $(tail -n 5 "$place/log")"
for found in kernels/numerics/sieve.cpp kernels/sharing/manager experiments/julia.cpp; do
  grep -q "$found" build/build.ninja build/together/* || fail "$found was not found"
done

# told VARIABLE: what pkg-config says of the installed library.
told() { PKG_CONFIG_PATH=$1 pkg-config --variable="$2" parlab; }
same() { [ "$(realpath -m "$1")" = "$(realpath -m "$2")" ] || fail "$3 is $1, not $2"; }
if command -v pkg-config >/dev/null; then
  mkdir -p "$place/dev/lib/pkgconfig"
  cp build/generated/parlab.pc "$place/dev/lib/pkgconfig"
  same "$(told "$place/dev/lib/pkgconfig" libdir)" "$place/dev/lib" libdir
  same "$(told "$place/dev/lib/pkgconfig" includedir)" "$place/other/include" includedir
  # Below the prefix, so that the tree may be moved.
  cmake -B build -DCMAKE_INSTALL_LIBDIR=lib/x86_64-linux-gnu -DCMAKE_INSTALL_INCLUDEDIR=include/deep >"$place/log" 2>&1
  mkdir -p "$place/moved/lib/x86_64-linux-gnu/pkgconfig"
  cp build/generated/parlab.pc "$place/moved/lib/x86_64-linux-gnu/pkgconfig"
  same "$(told "$place/moved/lib/x86_64-linux-gnu/pkgconfig" libdir)" "$place/moved/lib/x86_64-linux-gnu" libdir
  same "$(told "$place/moved/lib/x86_64-linux-gnu/pkgconfig" includedir)" "$place/moved/include/deep" includedir
fi

# What CMake's lists cannot hold is refused in words.
for name in 'a;b' '#a' 'a[1' 'a]['; do
  mkdir "$place/$name"
  cp CMakeLists.txt "$place/$name"
  ! cmake -S "$place/$name" -B "$place/$name/build" >"$place/log" 2>&1 || fail "$name was taken"
  tr '\n' ' ' <"$place/log" | grep -q "cannot be built in" || fail "$name: $(cat "$place/log")"
done
