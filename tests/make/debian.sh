#!/usr/bin/env bash
# Runs commands on another Debian: a minimal system in a folder, with nothing but git and make, and a clone of the
# committed project inside. What works only because something was installed by hand fails here.
#
#   tests/make/debian.sh SUITE COMMAND...     tests/make/debian.sh trixie 'make test'
#
# Needs root, debootstrap and Debian's packages. The compiler's cache is the caller's, so that a second run is short.
# Exit status: the first failing command's; 77, with the reason, where there can be no such system.
set -u
[ $# -ge 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
skip() { echo "skipped: $*"; exit 77; }

# All that is mounted or started below ends with this script: it has its own mounts and process numbers.
if [ "${PARLAB_DEBIAN_INSIDE:-}" = "" ]; then
  [ "$(id -u)" = 0 ] || skip "a minimal Debian is made by root"
  command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap >/dev/null 2>&1 ||
    skip "there is no debootstrap, and apt-get cannot install it"
  unshare --mount --pid --fork mount -t tmpfs none /mnt 2>/dev/null || skip "mounting is not allowed here"
  root=$(mktemp -d /var/tmp/debian.XXXXXX) || exit 1
  chmod 755 "$root" # its users must enter it
  trap 'rm -rf --one-file-system "$root" "$root.log"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  PARLAB_DEBIAN_INSIDE=$root unshare --mount --pid --fork --kill-child bash "$0" "$@"
  exit
fi

root=$PARLAB_DEBIAN_INSIDE
suite=$1
shift
project=$(cd "$(dirname "$0")/../.." && pwd)
mirror=$(awk '$1 == "deb" && $2 ~ /^http/ { print $2; exit } /^URIs:/ { print $2; exit }' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null)
debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$root" "${mirror:-http://deb.debian.org/debian}" \
  >"$root.log" 2>&1 || { tail -n 2 "$root.log"; skip "debootstrap could not make Debian $suite"; }
cp /etc/resolv.conf /etc/hosts "$root/etc/"
apt-config dump Acquire | grep -i proxy >"$root/etc/apt/apt.conf.d/90host" # what this machine reaches the packages by
mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && mount -t tmpfs dev "$root/dev" || exit 1
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts" && mount -t tmpfs shm "$root/dev/shm" && chmod 1777 "$root/dev/shm" || exit 1
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device" || exit 1
done
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
if cache=$(ccache --get-config cache_dir 2>/dev/null) && mkdir -p "$cache" "$root/root/.cache/ccache"; then
  mount --bind "$cache" "$root/root/.cache/ccache" || exit 1
fi
git -c safe.directory="$project" clone -q "$project" "$root/root/parlab" || exit 1
for command in "$@"; do
  echo "Debian $suite \$ $command"
  # Its own session, as a login has: the system ends what is stopped there when nobody is left to wake it.
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb \
    DEBIAN_FRONTEND=noninteractive CCACHE_BASEDIR=/root/parlab CCACHE_NOHASHDIR=1 CMAKE_ARGS="${CMAKE_ARGS:-}" \
    setsid --wait chroot "$root" bash -c "cd /root/parlab && $command" || exit
done
