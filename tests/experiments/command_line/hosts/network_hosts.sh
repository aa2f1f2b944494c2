#!/bin/sh
# network_hosts.sh FOLDER HOST...: machines for tests, until its stdin ends.
#
# Each is a namespace of network, host name, shared memory and processes, with a /dev/shm of its own, and its clocks are
# hours apart from those of the others where the kernel can; a bridge on one more, head, joins them by veth. Files are those of this machine, as a shared folder would have them. In FOLDER (which is
# there) it leaves:
#   on HOST|head COMMAND...   runs a command there; head's processes are this machine's
#   rsh HOST COMMAND...       as ssh does: by a shell, without the caller's variables; fails where head's link is down
#   HOST.pid, HOST/           the first process of the machine, whose end ends them all; its TMPDIR
# Prints "ready", or why it cannot be; ends with 77 then.
set -u
folder=$1
shift

cannot() {
  echo "$1"
  exit 77
}

[ "$(id -u)" = 0 ] || cannot "network namespaces need root"
for program in ip unshare nsenter; do
  command -v "$program" >/dev/null || cannot "there is no $program: install iproute2 and util-linux"
done
why=$(unshare --net --uts --ipc --mount --pid --fork true 2>&1) || cannot "namespaces are not permitted: $why"

time=""
unshare --time --fork true 2>/dev/null && time=--time

# What each machine does before it waits for its end. The first line reads the number that others know it by.
cat >"$folder/init" <<'END_OF_INIT'
read -r pid rest </proc/self/stat
name=$1 folder=$2
hostname "$name" 2>/dev/null || echo "$name" >/proc/sys/kernel/hostname
mount -t tmpfs tmpfs /dev/shm && mount --bind "$folder/names" /etc/hosts || exit 1
[ "$name" = head ] || mount -t proc proc /proc || exit 1
ip link set lo up || exit 1
echo "$pid" >"$folder/$name.starting" && mv "$folder/$name.starting" "$folder/$name.pid"
exec sleep infinity
END_OF_INIT

echo "127.0.0.1 localhost" >"$folder/names"
number=1
for name in head "$@"; do
  echo "10.78.0.$number $name" >>"$folder/names"
  number=$((number + 1))
done

started="" # also those that have not yet said what they are
cleanup() {
  trap '' TERM
  # shellcheck disable=SC2086 # numbers
  [ -z "$started" ] || kill -KILL $started 2>/dev/null
  wait
}
trap cleanup EXIT
trap 'exit 1' TERM INT HUP

why="$folder/why"
number=1
for name in head "$@"; do
  mkdir -p "$folder/$name"
  own="--net --uts --ipc --mount"
  [ "$name" = head ] || own="$own --pid --fork --kill-child ${time:+--time --monotonic $((number * 10000))}"
  number=$((number + 1))
  # shellcheck disable=SC2086 # options, without blanks in them
  unshare $own sh "$folder/init" "$name" "$folder" </dev/null >/dev/null 2>>"$why" &
  started="$started $!"
  tries=0
  until [ -s "$folder/$name.pid" ]; do
    tries=$((tries + 1))
    if [ "$tries" -ge 1200 ] || ! kill -0 "$!" 2>/dev/null; then
      cannot "$name does not start: $(tail -n 1 "$why")"
    fi
    sleep 0.05
  done
done

cat >"$folder/on" <<END_OF_ON
#!/bin/sh
name=\$1
shift
export TMPDIR="$folder/\$name"
[ "\$name" = head ] || own="--pid $time"
exec nsenter --target "\$(cat "$folder/\$name.pid")" --net --uts --ipc --mount \${own:-} --wd="\$PWD" -- "\$@"
END_OF_ON
cat >"$folder/rsh" <<END_OF_RSH
#!/bin/sh
name=\$1
shift
fail() {
  echo "ssh: \$*" >&2
  exit 255
}
[ -s "$folder/\$name.pid" ] || fail "Could not resolve hostname \$name: Name or service not known"
[ -d "/proc/\$(cat "$folder/\$name.pid")" ] || fail "connect to host \$name port 22: Connection refused"
"$folder/on" head ip link show dev "\$name" up | grep -q . || fail "connect to host \$name port 22: No route to host"
cd /
exec env -i PATH="\$PATH" HOME=/ TMPDIR="$folder/\$name" "$folder/on" "\$name" sh -c "\$*"
END_OF_RSH
chmod +x "$folder/on" "$folder/rsh"

ip_in() { # MACHINE ip's words
  machine=$1
  shift
  nsenter --target "$(cat "$folder/$machine.pid")" --net -- ip "$@" 2>>"$why" ||
    cannot "ip $*: $(tail -n 1 "$why")"
}
ip_in head link add name bridge type bridge
ip_in head address add 10.78.0.1/24 dev bridge
ip_in head link set bridge up
number=2
for name in "$@"; do
  ip_in head link add name "$name" type veth peer name eth0 netns "$(cat "$folder/$name.pid")"
  ip_in head link set "$name" master bridge
  ip_in head link set "$name" up
  ip_in "$name" address add "10.78.0.$number/24" dev eth0
  ip_in "$name" link set eth0 up
  number=$((number + 1))
done
echo ready
cat >/dev/null
