#!/bin/sh
# The target `program`, which `make report` builds, has all programs and libraries that are installed.
#
#   program_test.sh BUILD
# Ends with 77 where BUILD is not ninja's.
set -eu
cd "$1"
ninja=$(command -v ninja || command -v ninja-build) && [ -e build.ninja ] || exit 77
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$ninja" -t query program | sed -n 's/^    //p' >"$place/built"
find . -name cmake_install.cmake -not -path './lint/*' -exec grep -hoE 'FILES "[^"]*"' {} + |
  sed -n "s|^FILES \"$(pwd)/\(.*\)\"\$|\1|p" | grep -E '\.so$|^parlab[^/.]*$' | sort -u >"$place/installed"
grep -qx parlab "$place/installed" || { echo "parlab is not installed" >&2; exit 1; }
missing=$(grep -vxF -f "$place/built" "$place/installed" || true)
[ -z "$missing" ] || { echo "the target program does not build: $missing" >&2; exit 1; }
