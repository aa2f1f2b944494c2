"""Arrays in named shared memory: seen by other processes, and there until they are unlinked."""

from __future__ import annotations

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
    """What a program of its own says, with parlab imported."""
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
    with pytest.raises(ValueError, match="no array that parlab made"):
        parlab.attach(name)
    path.unlink()
    parlab.shared_array(10_000, name=name)
    os.truncate(path, 8192)
    with pytest.raises(ValueError, match="cut short"):
        parlab.attach(name)
