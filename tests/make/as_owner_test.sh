#!/bin/sh
# Root that installs from another's checkout leaves it nothing of root's in build/.
set -eu
project=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() {
  echo "$*" >&2
  exit 1
}
mkdir -p "$tmp/project/.ci" "$tmp/project/build/deep"
cp "$project/.ci/as-owner" "$tmp/project/.ci"
cd "$tmp/project"
as_owner() { sh .ci/as-owner "$@"; }

as_owner sh -c 'id -u >build/who; exit 3' && fail "the command's exit status was lost" || [ $? = 3 ] || fail "another exit status"
[ "$(cat build/who)" = "$(id -u)" ] || fail "one's own checkout needs no other user"
as_owner || fail "nothing to run is no error"
# shellcheck disable=SC2016  # the inner shell's
as_owner sh -c '[ "$1 $2" = "a b  c" ]' - a 'b  c' || fail "words were split"

# Not where no other user may enter /, as in a chroot of root's own.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && setpriv --reuid=54321 --clear-groups true 2>/dev/null; then
  chmod 755 "$tmp"
  chown 54321:54321 . build # what lies below is root's, as an earlier build left it
  ln -s /etc/passwd build/link
  # shellcheck disable=SC2016  # the inner shell's
  as_owner sh -c 'id -u >build/deep/who && id -g >>build/deep/who && [ -w "$HOME" ] && exit 4' && fail "no exit status" || [ $? = 4 ] ||
    fail "could not write to what was root's"
  [ "$(tr '\n' ' ' <build/deep/who)" = "54321 54321 " ] || fail "ran as $(cat build/deep/who)"
  touch build/of_root
  as_owner
  [ -z "$(find build -user 0)" ] || fail "still root's: $(find build -user 0)"
  [ "$(stat -L -c %u build/link)" = 0 ] || fail "what a link points to was given away"
fi
