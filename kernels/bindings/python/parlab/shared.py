"""numpy arrays in named shared memory: any process finds them, and they stay until unlink().

    plate = parlab.shared_array((4096, 4096), name="plate")   # float64, zeros
    again = parlab.attach("plate")                            # in another process, the same memory
    parlab.unlink("plate")                                    # gone with the last one that has it

Kernels on the backend processes write to them in place.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import secrets
from pathlib import Path
from typing import Any

import numpy as np

from .library import BadInput, BadType, Error, OutOfMemory

FOLDER = Path("/dev/shm")
HEAD = mmap.PAGESIZE  # bytes before the first element: what the array is, in JSON
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")


class ArrayGone(Error, FileNotFoundError):
    """No shared array of that name: it was never made, or it was unlinked."""


class ArrayExists(Error, FileExistsError):
    """There is a shared array of that name already."""


class _Mapping(mmap.mmap):
    """A mapping that is known to be shared."""


class SharedArray(np.ndarray):
    """A numpy array in shared memory. Slices are too. Pickled as its name, where it is whole."""

    name: str = ""

    def __array_finalize__(self, parent: Any) -> None:
        self.name = getattr(parent, "name", "")

    def __reduce__(self) -> Any:
        if self.base is None or isinstance(self.base, np.ndarray) or not is_shared(self):
            return np.asarray(self).copy().__reduce__()  # a part, or a result of arithmetic
        return attach, (self.name,)

    def unlink(self) -> None:
        """Takes the name away; the memory goes with the last process that has the array."""
        unlink(self.name)


def shared_array(shape: int | tuple[int, ...], dtype: Any = np.float64,
                 name: str | None = None) -> SharedArray:
    """A new array of zeros in shared memory. The name must be free; None makes one up.

    Raises ArrayExists, OutOfMemory, BadInput, BadType."""
    kind = np.dtype(dtype)
    if kind.hasobject:
        raise BadType("objects cannot be shared: choose a dtype of numbers")
    sides = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if not all(isinstance(side, (int, np.integer)) and side >= 0 for side in sides):
        raise BadInput(f"shape must be whole numbers of 0 or more, not {shape}")
    sides = tuple(int(side) for side in sides)
    words = name if name is not None else f"{os.getpid()}-{secrets.token_hex(4)}"
    size = HEAD + int(np.prod(sides, dtype=object)) * kind.itemsize
    head = json.dumps({"parlab": 1, "shape": sides, "dtype": kind.str}).encode()
    path = _path(words)
    try:
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise ArrayExists(f"there is a shared array '{words}': attach it, unlink it, or choose "
                          "another name") from error
    try:
        os.posix_fallocate(file, 0, size)  # else the first touch of a full /dev/shm kills the process
        os.pwrite(file, head, 0)
        return _mapped(file, size, sides, kind, words)
    except (OSError, OverflowError) as error:
        path.unlink(missing_ok=True)
        raise OutOfMemory(f"no room for {size} bytes in {FOLDER} ({error}): unlink what is not "
                          "needed, or enlarge it") from error
    finally:
        os.close(file)


def attach(name: str) -> SharedArray:
    """The shared array of that name, made by any process. Raises ArrayGone."""
    try:
        file = os.open(_path(name), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise ArrayGone(f"no shared array '{name}': it was never made, or it was unlinked") from error
    try:
        size = os.fstat(file).st_size
        try:
            head = json.loads(os.pread(file, HEAD, 0).split(b"\0", 1)[0])
            kind, sides = np.dtype(head["dtype"]), tuple(head["shape"])
            whole = size >= HEAD + int(np.prod(sides, dtype=object)) * kind.itemsize
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"'{name}' is no array that parlab made: unlink it") from error
        if not whole or kind.hasobject:
            raise BadInput(f"'{name}' is cut short: unlink it and make it anew")
        return _mapped(file, size, sides, kind, name)
    finally:
        os.close(file)


def unlink(name: str) -> None:
    """Takes a shared array's name away. Raises ArrayGone where there is none."""
    try:
        _path(name).unlink()
    except FileNotFoundError as error:
        raise ArrayGone(f"no shared array '{name}': it was unlinked before") from error


def is_shared(array: np.ndarray) -> bool:
    """Whether an array lies in memory that processes share."""
    base: Any = array
    while isinstance(base, (np.ndarray, memoryview)):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return isinstance(base, _Mapping)


def _path(name: str) -> Path:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadInput(f"{name!r} is no name for a shared array: letters, digits, '.', '_', '-'")
    return FOLDER / f"parlab-array-{name}"


def _mapped(file: int, size: int, sides: tuple[int, ...], kind: np.dtype, name: str) -> SharedArray:
    memory = _Mapping(file, size)
    array = np.ndarray.__new__(SharedArray, sides, kind, memory, HEAD)
    array.name = name
    return array
