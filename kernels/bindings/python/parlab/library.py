"""libparlab.so.1 over ctypes: finding it, calling it, and what its failures are in Python."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout  # the same only from Python 3.11 on
from contextlib import contextmanager
from ctypes import (CDLL, POINTER, Structure, byref, c_char_p, c_double, c_int32, c_int64, c_uint32,
                    c_uint64, c_void_p)
from pathlib import Path
from typing import Any

from .arguments import text, whole
from .errors import BadInput, Error, OutOfMemory, RunFailed

ABI = 1

OK, BAD_INPUT, FAILED, NO_MEMORY, INTERRUPTED = range(5)
ERRORS = {BAD_INPUT: BadInput, FAILED: RunFailed, NO_MEMORY: OutOfMemory}


class Array(Structure):
    """parlab_array: where an array lies and how."""

    _fields_ = [("data", c_void_p), ("dtype", c_int32), ("dimensions", c_int32),
                ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)),
                ("writable", c_int32), ("shared", c_int32)]


SIGNATURES: dict[str, list[Any]] = {
    "parlab_backend_open": [c_char_p, c_int32, POINTER(c_void_p)],
    "parlab_pi": [c_void_p, c_uint64, c_uint64, c_char_p, c_uint64, POINTER(c_uint64)],
    "parlab_count_primes": [c_void_p, c_uint64, c_uint64, c_char_p, c_uint64, POINTER(c_uint64)],
    "parlab_most_primes": [c_uint64, c_uint64, POINTER(c_uint64)],
    "parlab_list_primes": [c_void_p, c_uint64, c_uint64, c_uint64, POINTER(Array),
                           POINTER(c_uint64)],
    "parlab_is_prime": [c_void_p, POINTER(Array), POINTER(Array), c_uint64],
    "parlab_smallest_factor": [c_void_p, c_uint64, c_char_p, c_uint64, POINTER(c_uint64)],
    "parlab_julia": [c_void_p, POINTER(Array), c_double, c_double, c_double, c_double, c_double,
                     c_uint32, c_char_p, c_uint64, POINTER(c_uint64)],
    "parlab_diffusion": [c_void_p, POINTER(Array), POINTER(Array), c_double, c_uint64, c_int32,
                         c_char_p, c_uint64],
    "parlab_diffusion_with_edges": [c_void_p, POINTER(Array), POINTER(Array), c_double, c_uint64,
                                    c_int32, c_char_p, c_char_p, c_uint64],
}


PACKAGE = Path(__file__).absolute().parent  # not resolved: the built package is a link


def installed_folder(of: str) -> Path | None:
    """Where the library, the headers or the program were installed; None for a package as built."""
    try:
        return PACKAGE / json.loads((PACKAGE / "installed.json").read_text(encoding="utf-8"))[of]
    except FileNotFoundError:
        return None


def library_path() -> str:
    """Where libparlab.so.1 is: $PARLAB_LIBRARY, else beside this package, as built or installed."""
    named = os.environ.get("PARLAB_LIBRARY")
    if named:
        if not Path(named).is_file():
            raise ImportError(f"PARLAB_LIBRARY names {named}, which is no file: name libparlab.so.1 "
                              "or unset it")
        return named
    folder = installed_folder("library") or PACKAGE.parents[1]  # of build/python/parlab
    if (folder / "libparlab.so.1").is_file():
        return os.path.normpath(folder / "libparlab.so.1")
    return "libparlab.so.1"


def _load(kind: type[CDLL]) -> CDLL:
    path = library_path()
    try:
        library = kind(path)
        found = library.parlab_abi_version
    except (OSError, AttributeError) as error:
        raise ImportError(f"cannot load parlab's library ({error}): run `make` in parlab's folder, or "
                          "set PARLAB_LIBRARY to libparlab.so.1") from error
    found.restype = c_uint32
    if found() != ABI:
        raise ImportError(f"{path} has ABI version {found()}, this package needs {ABI}: build and "
                          "install both from the same version of parlab")
    for name, arguments in SIGNATURES.items():
        getattr(library, name).argtypes = arguments
    for name in ("version", "last_error", "simd_level", "backends", "kernels"):
        getattr(library, f"parlab_{name}").restype = c_char_p
    library.parlab_processors.argtypes = [POINTER(c_int32), c_int32]
    library.parlab_processors.restype = c_int32
    library.parlab_backend_close.argtypes = [c_void_p]
    library.parlab_backend_close.restype = None
    library.parlab_backend_interrupt.argtypes = [c_void_p]
    library.parlab_backend_interrupt.restype = None
    return library


# OpenMP's runtime, which comes with the library, binds the thread that loads it where the environment
# says so (OMP_PROC_BIND): Python's threads and processes would all inherit that one processor.
_before = os.sched_getaffinity(0)
RELEASING = _load(CDLL)  # lets other Python threads run during a call
HOLDING = _load(ctypes.PyDLL)  # does not: ctypes keeps the GIL
if os.sched_getaffinity(0) != _before:
    os.sched_setaffinity(0, _before)


def processors() -> list[int]:
    """What calls of this thread compute on: also where OpenMP has bound the thread to one processor."""
    room = RELEASING.parlab_processors(None, 0)
    numbers = (c_int32 * room)()
    return sorted(numbers[:RELEASING.parlab_processors(numbers, room)])


@contextmanager
def on_all_processors() -> Iterator[None]:
    """What is started within may run on all of processors(), and not only where OpenMP put this thread."""
    before, wanted = os.sched_getaffinity(0), set(processors())
    if wanted in (before, set()):
        yield
        return
    os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def version() -> str:
    """The library's release."""
    return RELEASING.parlab_version().decode()


def simd_level() -> str:
    """The SIMD instructions that kernels use on this processor, or that PARLAB_SIMD names."""
    return RELEASING.parlab_simd_level().decode()


def backends() -> list[str]:
    """Every backend of this build on every schedule, as `backend=` takes them."""
    return RELEASING.parlab_backends().decode().split()


def kernels() -> list[str]:
    """Every kernel of this build, as "name/variant" where there are variants."""
    return RELEASING.parlab_kernels().decode().split()


def check(status: int) -> None:
    """Raises what a status stands for. On the thread that made the call: messages are per thread."""
    if status == OK:
        return
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    raise ERRORS.get(status, Error)(RELEASING.parlab_last_error().decode(errors="replace"))


class Backend:
    """A backend with so many workers: a handle for each call that runs at the time, kept for later calls.
    One handle runs one call at a time, so on a common one threads would wait for each other."""

    _kept: dict[tuple[bytes, int], "Backend"] = {}
    _lock = threading.Lock()

    def __init__(self, name: bytes, workers: int) -> None:
        self._opened = (name, workers)
        self._free: list[c_void_p] = []
        self.give_back(self.take())  # raises where there is no such backend

    def take(self) -> c_void_p:
        """A handle that no call runs on."""
        try:
            return self._free.pop()
        except IndexError:
            handle = c_void_p()
            check(RELEASING.parlab_backend_open(*self._opened, byref(handle)))
            return handle

    def give_back(self, handle: c_void_p) -> None:
        """For the next call."""
        self._free.append(handle)

    @classmethod
    def named(cls, name: Any, workers: Any) -> "Backend":
        """Opens it or finds it. Raises BadInput for a name or a number that is none."""
        key = (text("backend", name), 0 if workers is None else whole("workers", workers, 1, 4096))
        with cls._lock:
            if key not in cls._kept:
                cls._kept[key] = cls(*key)
            return cls._kept[key]


# Calls of the main thread run on another, so that the main thread can be interrupted meanwhile.
_runner: ThreadPoolExecutor | None = None


def _submitted(make: Callable[[], None]) -> Future[None] | None:
    """The call, under way on the runner's thread; None where there can be no thread: while Python ends, or
    at a limit on threads or memory."""
    global _runner
    if _runner is None:
        _runner = ThreadPoolExecutor(1, "parlab")
    try:
        return _runner.submit(make)
    except RuntimeError:  # a new one each time: this one keeps the call for a thread that may come later
        _runner = None
        return None


def _forget_what_a_fork_loses() -> None:
    """In a forked process: the handles are its parent's, the runner's thread is not there, and the lock
    may have been taken."""
    global _runner
    _runner = None
    Backend._kept, Backend._lock = {}, threading.Lock()


os.register_at_fork(after_in_child=_forget_what_a_fork_loses)


def call(name: str, who: Backend, arguments: tuple[Any, ...], hold_gil: bool, short: bool) -> None:
    """Makes a call and raises what came of it. `short`: over sooner than a thread is woken (some
    60 us), so not worth being interruptible."""
    function = getattr(HOLDING if hold_gil else RELEASING, name)
    handle = who.take()

    def make() -> None:
        check(function(handle, *arguments))

    try:
        if hold_gil or short or threading.current_thread() is not threading.main_thread():
            make()
        else:
            _make_interruptibly(make, handle)
    finally:
        who.give_back(handle)


def _make_interruptibly(make: Callable[[], None], handle: c_void_p) -> None:
    done = _submitted(make)
    if done is None:
        make()
        return
    try:
        done.result()
    except BaseException:  # the call's own, or what a signal handler raised here: Ctrl-C, a time-out
        while not done.done():  # again and again: the call may only just be starting
            RELEASING.parlab_backend_interrupt(handle)
            try:
                done.exception(timeout=0.01)
            except (TimeoutError, FutureTimeout, KeyboardInterrupt):
                continue
        raise
