"""Where the environment binds OpenMP's threads, parlab's others have all processors: also in a host whose
initial thread an OpenMP runtime had bound before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ALL = sorted(os.sched_getaffinity(0))
pytestmark = pytest.mark.skipif(len(ALL) < 2, reason="needs two processors")

# Which processors the threads of this process have while a backend computes: {name: number of processors}.
WATCH = """
import os, sys, threading, time
{before}
import parlab
from parlab.library import Backend, processors
names, everyone = sys.argv[1].split(","), len(processors())
def masks():
    found = {{}}
    for task in os.listdir("/proc/self/task"):
        try:
            found[int(task)] = len(os.sched_getaffinity(int(task)))
        except ProcessLookupError:
            pass
    return found
begin, mine = masks(), os.sched_getaffinity(0)  # a call computes on a thread that is new, too
for name in names:
    seen = {{}}
    def look(stop):
        while not stop.wait(0.002):
            for task, count in masks().items():
                if task not in begin and task != threading.get_native_id():
                    seen[task] = max(seen.get(task, 0), count)
    stop = threading.Event()
    watcher = threading.Thread(target=look, args=(stop,))
    watcher.start()
    inside = parlab.pi(2e8, backend=name, workers=2)
    stop.set(); watcher.join()
    print(name, everyone, sorted(seen.values()))
    assert os.sched_getaffinity(0) == mine, "the caller keeps its processors"
print("default", parlab.library.RELEASING.parlab_backend_workers(Backend.named("threads", None).take()))
print("mine", len(mine))
"""
BOUND_BEFORE = """
import ctypes
ctypes.CDLL("libgomp.so.1", mode=ctypes.RTLD_GLOBAL)
assert len(os.sched_getaffinity(0)) == 1, "the runtime binds as it is loaded"
"""


def watch(build: Path, names: str, before: str, variable: str, value: str) -> dict[str, list[str]]:
    environment = {name: text for name, text in os.environ.items()
                   if name not in ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY")}
    done = subprocess.run([sys.executable, "-c", WATCH.format(before=before), names], text=True,
                          capture_output=True, timeout=200,
                          env=environment | {variable: value, "PYTHONPATH": str(build / "python")})
    assert done.returncode == 0, done.stderr
    return {line.split()[0]: line.split(" ", 1)[1:] for line in done.stdout.splitlines()}


def has_libgomp() -> bool:
    done = subprocess.run([sys.executable, "-c", "import ctypes; ctypes.CDLL('libgomp.so.1')"],
                          capture_output=True)
    return done.returncode == 0


@pytest.mark.parametrize("variable, value", [("OMP_PROC_BIND", "true"), ("OMP_PLACES", "cores"),
                                             ("GOMP_CPU_AFFINITY", "0"), ("OMP_PLACES", "{1}")])
def test_import_and_calls_leave_all_processors(build: Path, variable: str, value: str) -> None:
    told = watch(build, "threads,thread_pool,tbb,stdpar,asio_pool", "", variable, value)
    for name in ("threads", "thread_pool", "tbb", "stdpar", "asio_pool"):
        everyone, masks = told[name][0].split(" ", 1)
        assert int(everyone) == len(ALL)
        assert set(eval(masks)) == {len(ALL)}, (name, masks)
    assert told["default"] == [str(len(ALL))]
    assert told["mine"] == [str(len(ALL))]


@pytest.mark.skipif(not has_libgomp(), reason="needs libgomp")
@pytest.mark.parametrize("variable, value", [("OMP_PROC_BIND", "true"), ("OMP_PLACES", "threads"),
                                             ("GOMP_CPU_AFFINITY", f"{ALL[0]}-{ALL[-1]}")])
def test_a_host_that_was_bound_before_gets_all_processors_in_calls(build: Path, variable: str,
                                                                   value: str) -> None:
    told = watch(build, "threads,thread_pool,tbb,stdpar,asio_pool", BOUND_BEFORE, variable, value)
    for name in ("threads", "thread_pool", "tbb", "stdpar", "asio_pool"):
        everyone, masks = told[name][0].split(" ", 1)
        assert int(everyone) == len(ALL)
        assert set(eval(masks)) == {len(ALL)}, (name, masks)
    assert told["default"] == [str(len(ALL))]
    assert told["mine"] == ["1"], "what the host was bound to is the host's"


@pytest.mark.skipif(not has_libgomp(), reason="needs libgomp")
def test_races_of_a_bound_host_run_on_all_processors(build: Path) -> None:
    program = f"""
import os
{BOUND_BEFORE}
import parlab
race = parlab.run("pi", darts=1e5, backend="threads", rounds=1, quiet=True)
print(race.document["context"]["usable_cores"], len(os.sched_getaffinity(0)))
"""
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, timeout=100,
                          env={**os.environ, "OMP_PROC_BIND": "true", "PYTHONPATH": str(build / "python")})
    assert done.stdout.split() == [str(len(ALL)), "1"], done.stderr
