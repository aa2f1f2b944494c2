"""numpy arrays in named shared memory: any process finds them, and they stay until unlink().

    plate = parlab.shared_array((4096, 4096), name="plate")   # float64, zeros
    again = parlab.attach("plate")                            # in another process, the same memory
    parlab.unlink("plate")                                    # gone with the last one that has it

An array that is made without a name gets one, by which others may attach it, and that is gone with the process
that made it: at its exit or, where it was killed, when the next shared array is made. Kernels on the backend
processes write to shared arrays in place.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import mmap
import os
import re
import secrets
from pathlib import Path
from typing import Any

import numpy as np

from .arguments import lengths, shown, whole
from .exceptions import BadInput, BadType, Error, OutOfMemory

FOLDER = Path("/dev/shm")
PREFIX = "parlab-array-"
HEAD = mmap.PAGESIZE  # bytes before the first element: what the array is, in JSON
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
# What parlab chooses: whose it is, by process, that one's start and its namespace, and a random number.
CHOSEN = re.compile(r"(\d+)-(\d+)-(\d+)-[0-9a-f]{16}")


class ArrayGone(Error, FileNotFoundError):
    """No shared array of that name: it was never made, or it was unlinked."""


class ArrayExists(Error, FileExistsError):
    """There is a shared array of that name already."""


class _Mapping(mmap.mmap):
    """A mapping that is known to be shared, and the file that it shows: device and inode."""

    file = (0, 0)


class SharedArray(np.ndarray):
    """A numpy array in shared memory. Slices are too; what is computed from it is not. Pickled as its name,
    where it is whole."""

    _name: str = ""

    def __array_finalize__(self, parent: Any) -> None:
        self._name = getattr(parent, "_name", "")

    @property
    def name(self) -> str:
        """Of the memory; "" for copies and results, which lie in none."""
        return self._name if is_shared(self) else ""

    def __reduce__(self) -> Any:
        if self.base is None or isinstance(self.base, np.ndarray) or not is_shared(self):
            return np.asarray(self).copy().__reduce__()  # a part, or a result of arithmetic
        return attach, (self.name,)

    def unlink(self) -> None:
        """Takes the name away; the memory goes with the last process that has the array.

        Raises BadInput for a copy or a result, which has no name, and ArrayGone."""
        mapping = _mapping_of(self)
        if mapping is None:
            raise BadInput("this array is a copy or a result and has no name: unlink the shared array itself")
        path = _path(self._name)
        if path.exists() and _file_of(os.stat(path)) != mapping.file:
            raise ArrayGone(f"shared array '{self._name}' was unlinked before, and another has its name now")
        unlink(self._name)


def shared_array(shape: int | tuple[int, ...], dtype: Any = np.float64,
                 name: str | None = None) -> SharedArray:
    """A new array of zeros in shared memory. The name must be free. None chooses one, which goes with this
    process; a name that is given stays until unlink().

    Raises ArrayExists, OutOfMemory, BadInput, BadType."""
    kind = np.dtype(dtype)
    if kind.hasobject:
        raise BadType("objects cannot be shared: choose a dtype of numbers")
    given = lengths("shape", shape)
    try:
        sides = tuple(whole("shape", side) for side in given)
    except BadType:
        raise BadInput(f"shape must be whole numbers of 0 or more, not {shown(shape)}") from None
    if name is not None and CHOSEN.fullmatch(str(name)):
        raise BadInput(f"'{name}' looks like a name of parlab's, which goes with its process: choose another")
    _sweep()
    words = name if name is not None else _chosen_name()
    size = HEAD + int(np.prod(sides, dtype=object)) * kind.itemsize
    head = json.dumps({"parlab": 1, "shape": sides, "dtype": kind.str}).encode()
    path = _path(words)
    try:
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ArrayExists(f"there is a shared array '{words}': attach it, unlink it, or choose "
                          "another name") from None
    except OSError as error:
        raise OutOfMemory(f"no shared array can be made in {FOLDER}: {error.strerror}") from None
    if name is None:
        atexit.register(_unlink_at_exit, path, os.getpid())
    try:
        os.posix_fallocate(file, 0, size)  # else the first touch of a full /dev/shm kills the process
        os.pwrite(file, head, 0)
        return _mapped(file, size, sides, kind, words)
    except (OSError, OverflowError) as error:
        path.unlink(missing_ok=True)
        raise OutOfMemory(f"no room for {size} bytes in {FOLDER} ({error}): unlink what is not "
                          "needed, or enlarge it") from None
    finally:
        os.close(file)


def attach(name: str) -> SharedArray:
    """The shared array of that name, made by any process. Raises ArrayGone."""
    try:
        file = os.open(_path(name), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ArrayGone(f"no shared array '{name}': it was never made, or it was unlinked") from None
    try:
        size = os.fstat(file).st_size
        try:
            head = json.loads(os.pread(file, HEAD, 0).split(b"\0", 1)[0])
            kind, sides = np.dtype(head["dtype"]), tuple(head["shape"])
            complete = size >= HEAD + int(np.prod(sides, dtype=object)) * kind.itemsize
        except (ValueError, KeyError, TypeError):
            raise BadInput(f"'{name}' is not an array that parlab made: unlink it") from None
        if not complete or kind.hasobject:
            raise BadInput(f"'{name}' is cut short: unlink it and create it again")
        return _mapped(file, size, sides, kind, name)
    finally:
        os.close(file)


def unlink(name: str) -> None:
    """Takes a shared array's name away. Raises ArrayGone where there is none."""
    try:
        _path(name).unlink()
    except FileNotFoundError:
        raise ArrayGone(f"no shared array '{name}': it was unlinked before") from None


def is_shared(array: np.ndarray) -> bool:
    """Whether an array lies in memory that processes share."""
    return _mapping_of(array) is not None


def _mapping_of(array: np.ndarray) -> _Mapping | None:
    base: Any = array
    while isinstance(base, (np.ndarray, memoryview)):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, _Mapping) else None


def _file_of(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino


def _path(name: str) -> Path:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadInput(f"{name!r} is not a name for a shared array: letters, digits, '.', '_', '-'")
    return FOLDER / (PREFIX + name)


def _started(pid: int) -> int:
    """When a process started (clock ticks since boot); -1 where it is dead: gone, or a zombie."""
    try:
        # The process's own name, in brackets, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] in "ZX" else int(fields[19])


def _namespace() -> int:
    """Numbers of processes mean something within it only."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def _chosen_name() -> str:
    pid = os.getpid()
    return f"{pid}-{_started(pid)}-{_namespace()}-{secrets.token_hex(8)}"


def _sweep() -> None:
    """Removes arrays without a name whose process was killed."""
    for path in FOLDER.glob(PREFIX + "*"):
        chosen = CHOSEN.fullmatch(path.name[len(PREFIX):])
        if chosen and int(chosen[3]) == _namespace() and _started(int(chosen[1])) != int(chosen[2]):
            with contextlib.suppress(OSError):  # another's, or swept by another
                path.unlink()


def _unlink_at_exit(path: Path, pid: int) -> None:
    if os.getpid() == pid:  # not in a process that was forked from it
        path.unlink(missing_ok=True)


def _mapped(file: int, size: int, sides: tuple[int, ...], kind: np.dtype, name: str) -> SharedArray:
    memory = _Mapping(file, size)
    memory.file = _file_of(os.fstat(file))
    array = np.ndarray.__new__(SharedArray, sides, kind, memory, HEAD)
    array._name = name
    return array
