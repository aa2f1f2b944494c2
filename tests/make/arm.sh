#!/bin/sh
# Builds the numerics and their tests for 64-bit ARM and runs them in qemu's user mode: the same bits as on x86-64, with
# no instruction of x86 to fall back on.
#
#   tests/make/arm.sh [BUILD...]   neon, sve128, sve256, sve512: by SVE of vectors that long; default: all
#
# neon runs on a processor without SVE, the others on one whose vectors have their length. Needs `kernels/setup/deps arm`;
# ARM's libraries are unpacked into build/arm, and nothing of the system changes.
# Exit status: 0 passed, 1 failed, 2 usage, 77, with the reason, where the libraries cannot be had.
set -u
cd "$(dirname "$0")/../.." || exit 1
arm=build/arm
[ $# -gt 0 ] || set -- neon sve128 sve256 sve512
for build in "$@"; do
  case $build in
    neon | sve128 | sve256 | sve512) ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit ;;
    *) echo "arm.sh: unknown build '$build'; name neon, sve128, sve256 or sve512" >&2; exit 2 ;;
  esac
done

# By apt as it would be on ARM, with lists and states of its own.
unpack_libraries() {
  for folder in state/lists/partial cache/archives/partial archives root; do mkdir -p "$arm/$folder"; done
  apt="-q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State=$PWD/$arm/state
       -o Dir::State::status=/dev/null -o Dir::Cache=$PWD/$arm/cache -o APT::Sandbox::User=root
       -o Acquire::http::Timeout=60 -o Acquire::Retries=2"
  # shellcheck disable=SC2086  # one word an option, here and below
  apt-get $apt update >&2 || return 1
  libraries="libhwy-dev libfmt-dev libgtest-dev libgmock-dev nlohmann-json3-dev libcli11-dev librandom123-dev"
  # shellcheck disable=SC2086
  shared=$(apt-cache $apt depends libhwy-dev libfmt-dev | sed -n 's/^ *Depends: \(lib\(hwy\|fmt\)[0-9].*\)/\1/p')
  # shellcheck disable=SC2086
  (cd "$arm/archives" && apt-get $apt download $libraries $shared >&2) || return 1
  for archive in "$arm"/archives/*.deb; do dpkg-deb -x "$archive" "$arm/root" || return 1; done
  rm -rf "${arm:?}/state" "${arm:?}/cache" "${arm:?}/archives"
  touch "$arm/unpacked"
}
if [ ! -e "$arm/unpacked" ]; then
  rm -rf "${arm:?}" # what an interrupted run left
  unpack_libraries || { echo "skipped: apt-get brings no libraries for ARM"; exit 77; }
fi

# Minutes each in an emulator; what they test beyond the others is 64-bit arithmetic, which every level does alike.
export GTEST_FILTER='-SegmentedSieve.ListsNearTheLargestNumber:SegmentedSieve.ListsLongRangesAt1e18:SegmentedSieve.ListsLongRangesUpToTheLargestNumber'
failed=0
for build in "$@"; do
  case $build in
    neon) bits='' cpu=cortex-a72 ;;
    *) bits=${build#sve} cpu=max,sve-max-vq=$((${build#sve} / 128)) ;; # in vectors of 128 bits
  esac
  # shellcheck disable=SC2086  # CMAKE_ARGS are words
  cmake -S . -B "$arm/$build" -G Ninja --toolchain kernels/setup/aarch64.cmake --log-level=WARNING --no-warn-unused-cli \
    -DCMAKE_BUILD_TYPE=Release -DPARLAB_NUMERICS_ONLY=ON -DPARLAB_ARM_ROOT="$PWD/$arm/root" -DPARLAB_ARM_CPU="$cpu" \
    -DPARLAB_SVE_BITS="$bits" ${CMAKE_ARGS:-} >"$arm/$build.log" &&
    cmake --build "$arm/$build" --parallel "${JOBS:-$(nproc)}" || exit 1
done
for build in "$@"; do
  echo "$build: the numerics' tests, on $(sed -n 's/^PARLAB_ARM_CPU:[A-Z]*=//p' "$arm/$build/CMakeCache.txt")"
  (cd "$arm/$build" && ctest --output-on-failure --parallel "${JOBS:-$(nproc)}") || failed=1
done
exit $failed
