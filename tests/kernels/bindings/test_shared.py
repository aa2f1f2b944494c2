"""Arrays in named shared memory: seen by other processes, and there until they are unlinked."""

from __future__ import annotations

import copy
import multiprocessing.shared_memory
import os
import pickle
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import parlab
import pytest
from parlab import ArrayGone
from parlab.shared import FOLDER, is_shared


@pytest.fixture
def name() -> Iterator[str]:
    word = f"test-{uuid.uuid4().hex}"
    yield word
    (FOLDER / f"parlab-array-{word}").unlink(missing_ok=True)


def elsewhere(build: Path, program: str) -> str:
    """The output of a separate program with parlab imported."""
    done = subprocess.run([sys.executable, "-c", "import parlab\n" + program], capture_output=True,
                          text=True, timeout=100, check=True,
                          env={**os.environ, "PYTHONPATH": str(build / "python")})
    return done.stdout.strip()


def test_an_array_outlives_the_process_that_made_it(name: str, build: Path) -> None:
    elsewhere(build, f"a = parlab.shared_array((3, 4), 'f8', {name!r}); a[2, 3] = 7.5")
    array = parlab.attach(name)
    assert array.shape == (3, 4) and array[2, 3] == 7.5 and array.sum() == 7.5
    array[0, 0] = 2
    assert elsewhere(build, f"print(parlab.attach({name!r}).sum())") == "9.5"
    array.unlink()
    assert array[2, 3] == 7.5  # the memory stays with who has it
    with pytest.raises(FileNotFoundError, match="no shared array"):
        parlab.attach(name)
    with pytest.raises(ArrayGone):
        array.unlink()


def test_processes_write_to_it_in_place(name: str) -> None:
    plate, out = np.random.default_rng(2).random((40, 50)), parlab.shared_array((40, 50), name=name)
    assert is_shared(out) and is_shared(out[3:, 2:]) and not is_shared(plate)
    assert parlab.diffusion(plate, 5, out=out, backend="processes", workers=2) is out
    assert np.array_equal(out, parlab.diffusion(plate, 5))
    private = np.zeros((40, 50))
    parlab.diffusion(plate, 5, out=private, backend="processes", workers=2)
    assert np.array_equal(private, out)


def test_it_is_pickled_as_its_name(name: str) -> None:
    array = parlab.shared_array(5, np.uint64, name)
    array[4] = 9
    again = pickle.loads(pickle.dumps(array))
    again[0] = 3
    assert array[0] == 3 and again[4] == 9
    part = pickle.loads(pickle.dumps(array[1:]))
    assert part[3] == 9 and not is_shared(part)


def test_names_and_shapes_that_cannot_be_are_refused(name: str) -> None:
    parlab.shared_array(1, name=name)
    with pytest.raises(FileExistsError, match="attach it") as raised:
        parlab.shared_array(1, name=name)
    assert isinstance(raised.value, parlab.ArrayExists) and isinstance(raised.value, parlab.Error)
    for bad in ("", "../etc", "a/b", ".x", "x" * 200, 7):
        with pytest.raises(parlab.BadInput):
            parlab.attach(bad)
    for shape in (-1, (2, -3), 1.5, "3"):
        with pytest.raises(parlab.BadInput):
            parlab.shared_array(shape)
    with pytest.raises(TypeError, match="objects"):
        parlab.shared_array(3, object)


def test_too_large_a_one_is_an_exception_and_leaves_nothing(name: str) -> None:
    with pytest.raises(MemoryError, match="no room"):
        parlab.shared_array(2**60, name=name)
    assert not (FOLDER / f"parlab-array-{name}").exists()


def test_a_file_that_is_no_array_is_refused(name: str) -> None:
    path = FOLDER / f"parlab-array-{name}"
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match="not an array that parlab made"):
        parlab.attach(name)
    path.unlink()
    parlab.shared_array(10_000, name=name)
    os.truncate(path, 8192)
    with pytest.raises(ValueError, match="cut short"):
        parlab.attach(name)


def test_one_memory_at_two_addresses_is_no_plate_and_its_answer(name: str, tmp_path: Path) -> None:
    first = parlab.shared_array((90, 80), name=name)
    again = parlab.attach(name)
    first[:] = np.random.default_rng(5).random(first.shape)
    before, right = first.copy(), parlab.diffusion(first[:40], 7)
    for out in (again, again[:, :], again.view(np.uint64).view(np.float64)):
        with pytest.raises(parlab.BadInput, match="mapped twice"):
            parlab.diffusion(first, 7, out=out)
    with pytest.raises(parlab.BadInput, match="mapped twice"):
        parlab.diffusion(first[:40], 7, out=again[39:79])
    assert np.array_equal(first, before)
    assert np.array_equal(parlab.diffusion(first[:40], 7, out=again[40:80]), right)
    numbers = first.view(np.uint64)[0]
    with pytest.raises(parlab.BadInput, match="mapped twice"):
        parlab.is_prime(numbers, out=again[0].view(np.uint8)[8:88])


def test_files_that_others_map_are_seen_too(tmp_path: Path) -> None:
    numpy_file = tmp_path / "plate"
    one = np.memmap(numpy_file, np.float64, "w+", shape=(70, 60))
    read, written = (np.memmap(numpy_file, np.float64, mode, shape=(70, 60)) for mode in ("r", "r+"))
    with pytest.raises(parlab.BadInput, match="mapped twice"):
        parlab.diffusion(read, 3, out=written)
    assert not parlab.diffusion(read, 3, out=np.memmap(tmp_path / "other", np.float64, "w+", shape=(70, 60))).any()
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=one.nbytes)
    other = multiprocessing.shared_memory.SharedMemory(memory.name)
    try:
        plate, out = (np.ndarray((70, 60), np.float64, place.buf) for place in (memory, other))
        with pytest.raises(parlab.BadInput, match="mapped twice"):
            parlab.diffusion(plate, 3, out=out)
        del plate, out
    finally:
        other.close()
        memory.close()
        memory.unlink()


def test_what_is_computed_from_a_shared_array_owns_no_name(name: str) -> None:
    shared = parlab.shared_array((3, 4), name=name)
    out = np.zeros((3, 4)).view(parlab.SharedArray)
    results = [shared + 1, -shared, np.sqrt(shared), shared.copy(), shared[[0, 2]], shared[shared == 0], shared.sum(axis=0),
               shared.astype(int), copy.copy(shared), copy.deepcopy(shared), np.array(shared, subok=True),
               np.add(shared, 1, out=out), np.concatenate([shared, shared]).view(parlab.SharedArray), shared.T.flatten(),
               pickle.loads(pickle.dumps(shared + 1)).view(parlab.SharedArray), shared[:] * 2, np.empty_like(shared)]
    for result in results:
        assert not is_shared(result) and result.name == ""
        with pytest.raises(parlab.BadInput, match="has no name"):
            result.unlink()
    assert parlab.attach(name).shape == (3, 4)  # it is there
    for view in (shared, shared[1:], shared.T, shared.reshape(12), shared.view(np.uint64), shared[::2, 1]):
        assert view.name == name and is_shared(view)
    shared += 1
    assert shared.name == name and parlab.attach(name).sum() == 12
    shared[1:].unlink()
    with pytest.raises(ArrayGone):
        parlab.attach(name)


def test_an_array_takes_no_name_away_that_another_has_now(name: str) -> None:
    first = parlab.shared_array(3, name=name)
    parlab.unlink(name)
    second = parlab.shared_array(5, name=name)
    with pytest.raises(ArrayGone, match="another has its name"):
        first.unlink()
    assert parlab.attach(name).shape == (5,)
    second.unlink()
    for array in (first, second):
        with pytest.raises(ArrayGone):
            array.unlink()


def test_an_array_without_a_name_is_gone_with_its_process(build: Path) -> None:
    kept = f"kept-{uuid.uuid4().hex}"
    said = elsewhere(build, f"""
import os, sys
array = parlab.shared_array(4); array[:] = 7
named = parlab.shared_array(4, name={kept!r})
print(array.name, flush=True)  # or the child would print it too
if os.fork() == 0: sys.exit()  # ends as its parent will, but did not make it
os.wait()
assert parlab.attach(array.name).sum() == 28""")
    try:
        with pytest.raises(ArrayGone):
            parlab.attach(said)
        assert parlab.attach(kept).shape == (4,)  # as the user wants it
    finally:
        parlab.unlink(kept)


def test_an_array_without_a_name_whose_process_was_killed_is_swept(name: str, build: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import parlab, time\na = parlab.shared_array(9)\n"
                              "print(a.name, flush=True); time.sleep(100)"], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "PYTHONPATH": str(build / "python")})
    assert child.stdout is not None
    with child:
        left = child.stdout.readline().strip()
        parlab.shared_array(1)
        assert parlab.attach(left).shape == (9,)  # not of the living
        child.kill()
    pid, start, space, _ = left.split("-")
    others = [f"{pid}-{start}-{int(space) + 1}-{'0' * 16}", f"{pid}-{start}-{space}-{'0' * 15}", name]
    try:
        for other in others:
            (FOLDER / f"parlab-array-{other}").touch()
        parlab.shared_array(1)
        assert not (FOLDER / f"parlab-array-{left}").exists()
        assert all((FOLDER / f"parlab-array-{other}").exists() for other in others)  # those that nobody can know
    finally:
        for other in others:
            (FOLDER / f"parlab-array-{other}").unlink()
    with pytest.raises(parlab.BadInput, match="choose another"):
        parlab.shared_array(1, name=left)


def test_an_array_without_a_name_reaches_other_processes(build: Path) -> None:
    array = parlab.shared_array((2, 3))
    array[1, 2] = 4
    assert elsewhere(build, f"a = parlab.attach({array.name!r}); print(a.sum()); a[0, 0] = 5") == "4.0"
    assert array.sum() == 9 and pickle.loads(pickle.dumps(array)).name == array.name
