#!/bin/sh
# The scripts of reports/batch as the batch systems run them, in jobs on this machine: until they are complete, and once
# more, and with hosts that are not there. Of the Dockerfile, that what it copies and calls is there.
#
#   batch_files_test.sh SOURCE PARLAB
# Ends with 77 where this build has no mpi.
set -eu
source=$1
PARLAB=$2
export PARLAB TO=1e7
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
fail() {
  echo "$*" >&2
  exit 1
}
unset SLURM_JOB_ID SLURM_JOB_NODELIST SLURM_TASKS_PER_NODE PBS_NODEFILE PBS_O_WORKDIR FLUX_JOB_ID FLUX_URI
"$PARLAB" run pi --darts 1e4 --backend mpi --workers 2 --checkpoint probe --quiet >/dev/null 2>why || {
  echo "no ranks here: $(cat why)"
  exit 77
}

printf 'localhost\nlocalhost\n' >nodes
in_slurm() { env SLURM_JOB_ID=7 SLURM_JOB_NODELIST="$1" SLURM_TASKS_PER_NODE=2 sh "$source/reports/batch/primes.sbatch"; }
in_pbs() { env PBS_NODEFILE="$1" PBS_O_WORKDIR="$place" CHECKPOINT=pbs sh "$source/reports/batch/primes.pbs"; }
for try in first again; do
  in_slurm localhost >out 2>err || fail "primes.sbatch, $try: $(cat out err)"
  grep -q 664579 out || fail "primes.sbatch, $try, has another number of primes: $(cat out)"
  grep -q 'x2' out || fail "primes.sbatch, $try, does not run on the two tasks of the job: $(cat out)"
  in_pbs "$place/nodes" >out 2>err || fail "primes.pbs, $try: $(cat out err)"
  grep -q 664579 out || fail "primes.pbs, $try, has another number of primes: $(cat out)"
done
for file in primes.checkpoint pbs; do
  [ -s "$file" ] || fail "there is no checkpoint $file"
done

code=0
in_pbs "$place/none" >out 2>err || code=$?
[ "$code" = 2 ] || fail "a job without a list of nodes ends with $code: $(cat err)"
grep -q PBS_NODEFILE err || fail "the missing list of nodes is not named: $(cat err)"

dockerfile=$source/reports/batch/Dockerfile
sed -n 's/^RUN make //p' "$dockerfile" >targets
[ -s targets ] || fail "the Dockerfile makes nothing"
while read -r target; do
  make -C "$source" -n "$target" >/dev/null || fail "the Dockerfile makes $target, which is no target"
done <targets
grep -q '^ENTRYPOINT \["/parlab/build/parlab"\]$' "$dockerfile" || fail "the Dockerfile starts something else"
