"""C++ compiled against libparlab, and kept for the next time it is asked for.

What is kept lies in folder(): the newest 100, named after what the preprocessor makes of the source
(its includes and the compiler's version among it), the flags, and the library as it was built. So
what changed is recompiled, and nothing has to be cleared by hand.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from .exceptions import RunFailed
from .library import installed_folder, library_path

FLAGS = ["-std=c++20", "-O3", "-g1", "-march=native", "-Wall", "-Wextra", "-fdiagnostics-color=never"]
KEPT = 100  # programs and libraries, some 30 kB each; `parlab run own` keeps its own there, too
MAKING = "making."  # how the names of folders begin in which something is being made
LONGEST = 300  # seconds; a compiler that takes longer hangs


class CellFailed(RunFailed):
    """A cell does not compile, or what it does ended badly. A notebook shows the message alone."""

    def _render_traceback_(self) -> list[str]:
        return [f"parlab: {self}"]


class Built(NamedTuple):
    """What was compiled: a program or a library, and the seconds that it took, 0 where it was kept."""

    path: Path
    seconds: float

    def __str__(self) -> str:
        home, kept = os.path.expanduser("~"), str(self.path.parent)  # "~" where nobody is at home
        kept = "~" + kept[len(home):] if kept.startswith(home + os.sep) else kept
        return f"[compiled in {self.seconds:.1f} s, kept in {kept}]" if self.seconds else "[compiled before]"


def compiler() -> list[str]:
    """$CXX, which may be several words, or g++, c++ or clang++. Raises RunFailed where there is none."""
    named = shlex.split(os.environ.get("CXX", ""))
    if named and not shutil.which(named[0]):
        raise CellFailed(f"there is no compiler '{named[0]}', which CXX names: unset CXX, or name another")
    for words in ([named] if named else [["g++"], ["c++"], ["clang++"]]):
        if shutil.which(words[0]):
            return words
    raise CellFailed("there is no C++ compiler on PATH: apt-get install g++")


def folder() -> Path:
    """Where compiled cells and kernels are kept: $XDG_CACHE_HOME/parlab, else ~/.cache/parlab. Raises
    CellFailed where there is no home."""
    named = os.environ.get("XDG_CACHE_HOME")
    place = Path(named) if named else Path(os.path.expanduser("~")) / ".cache"
    if not named and place.parts[0] == "~":  # as in a container whose user has no entry in /etc/passwd
        raise CellFailed("neither XDG_CACHE_HOME nor HOME is set: set one to a folder for what is compiled")
    return Path(os.path.abspath(place)) / "parlab"


def build(source: str, flags: list[str] | None = None, shared: bool = False, cell: str = "",
          look: Callable[[str], None] | None = None) -> Built:
    """Compiles a source against libparlab, once.

    `cell` is the text that lines named "cell" in the source come from; the compiler quotes from it.
    `look` is given what the preprocessor makes of them; what it raises ends the build. Raises CellFailed
    with what the compiler says. Its warnings go to stderr."""
    kept = folder()
    with _making_folder(kept) as place:
        Path(place, "cell").write_text("%%cpp\n" + cell, encoding="utf-8")
        Path(place, "cell.cpp").write_text(source, encoding="utf-8")
        library = Path(library_path()).resolve()
        plain = [*compiler(), *FLAGS, *(flags or []), *(["-shared", "-fPIC"] if shared else [])]
        command = [*plain, f"-I{_include_folder(library)}", *_here(), "cell.cpp"]
        # Not -Wl, which takes a comma in a folder's name for its own.
        ending = [str(library), "-Xlinker", "-rpath", "-Xlinker", str(library.parent), "-pthread"]
        # Without debugging, which would add the working folder, a new one each time.
        _compile([*command, "-E", "-dD", "-w", "-g0", "-o", "cell.ii"], place)
        preprocessed = Path(place, "cell.ii").read_bytes()
        if look:
            look(_lines_of_cell(preprocessed.decode(errors="replace")))
        name = _hash(plain + ending, library, preprocessed)
        target = kept / (name + (".so" if shared else ""))
        if target.exists():
            target.touch()  # it was of use again
            return Built(target, 0)
        begin = time.perf_counter()
        warnings = _compile([*command, "-o", "made", *ending], place)
        if warnings:
            print(warnings, file=sys.stderr)
        Path(place, "made").replace(target)
        _keep_newest(kept)
        return Built(target, time.perf_counter() - begin)


@contextlib.contextmanager
def _making_folder(kept: Path) -> Iterator[str]:
    """A new folder for what is being made. Where the process is killed, the next one removes it: it is
    in use for as long as somebody holds its lock, as in own_kernel/making_folder.cpp of `parlab`."""
    try:
        kept.mkdir(parents=True, exist_ok=True)
        for path in kept.glob(MAKING + "*"):
            _remove_abandoned(path)
        lock, place = _new_folder(kept)
    except OSError as error:
        raise CellFailed(f"cannot write to {kept} ({error.strerror}): set XDG_CACHE_HOME to a folder "
                         "that may be written") from None
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def _remove_abandoned(path: Path) -> None:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # another one removed it
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    except OSError:  # in use, or on a file system without locks
        pass
    finally:
        os.close(lock)


def _new_folder(kept: Path) -> tuple[int, str]:
    """Its descriptor, which holds the lock, and its path."""
    while True:  # until it is locked, another process may take it for abandoned
        place = tempfile.mkdtemp(prefix=MAKING, dir=kept)
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                there = os.stat(place).st_ino == os.fstat(lock).st_ino
            except (BlockingIOError, FileNotFoundError):
                there = False
            except OSError:  # a file system without locks: then nobody removes it
                there = True
            if there:
                return lock, place
            os.close(lock)


def _here() -> list[str]:
    """For includes of files that lie where the caller is."""
    try:
        return [f"-I{os.getcwd()}"]
    except FileNotFoundError:  # removed meanwhile
        return []


def _lines_of_cell(preprocessed: str) -> str:
    """The lines that come from "cell", as the preprocessor's marks tell."""
    lines, ours = [], False
    for line in preprocessed.splitlines():
        mark = re.match(r'# \d+ "(.*)"', line)
        if mark:
            ours = mark[1] == "cell"
        elif ours:
            lines.append(line)
    return "\n".join(lines)


def _compile(command: list[str], place: str) -> str:
    """Runs the compiler in a folder; returns its warnings."""
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise CellFailed(f"{command[0]} took longer than {LONGEST} s over the cell and was ended") from None
    if done.returncode:
        raise CellFailed(f"the cell does not compile, {command[0]} says:\n{done.stderr.strip()}")
    return done.stderr.strip()


def _hash(words: list[str], library: Path, preprocessed: bytes) -> str:
    made = library.stat()
    facts = "\0".join([*words, str(made.st_mtime_ns), str(made.st_size)]).encode()
    return "cell-" + hashlib.sha256(facts + b"\0" + preprocessed).hexdigest()[:24]


def _keep_newest(kept: Path) -> None:
    def age(path: Path) -> float:
        try:
            return -path.stat().st_mtime
        except OSError:  # another one removes it
            return 0
    for old in sorted((path for path in kept.iterdir() if not path.name.startswith(MAKING)), key=age)[KEPT:]:
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)


def _include_folder(library: Path) -> Path:
    """Where parlab.h lies: installed, or in the source that the built package links to."""
    for place in (installed_folder("headers"), library.parent.parent / "include", Path(__file__).resolve().parents[2] / "c"):
        if place and (place / "parlab.h").exists():
            return Path(os.path.normpath(place))
    raise CellFailed("there is no parlab.h beside the library: run `make install`")
