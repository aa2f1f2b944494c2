"""The user's kernels, from the text of a C++ file, raced like any other.

    saxpy = parlab.own("saxpy.hpp")                            # or the text itself
    saxpy.run(backend=["openmp", "tbb"], size=[1e5, 1e6])      # a Race: a table, records, to_frame(), plot()
    saxpy.advise(budget="1min")                                # an Advice: the choice, why, the code
    saxpy.run(set={"rate": [0.1, 0.2]}, flags_axis=["-O2", "-O3 -ffast-math"], tile=(64, 256))
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import loop_advice, races
from .loop_advice import Advice
from .arguments import shown
from .compiled import CellFailed
from .exceptions import BadInput, BadType
from .races import Race


@dataclass(frozen=True)
class OwnKernel:
    """A kernel file, or its text: C++ with `size` and `kernel(i)` or `kernel(begin, end)`, and whatever else
    experiments/README.md describes; `flags` are more flags for the compiler, a space between them, in quotes as
    in a shell where they hold one. With `path` the file itself is compiled, as it is at each call, and `source`
    is not looked at. Raises BadInput for a name that no file can have, and BadType."""

    name: str
    source: str
    flags: str = ""
    path: Path | None = None

    def __post_init__(self) -> None:
        for what, value in (("name", self.name), ("source", self.source), ("flags", self.flags)):
            if not isinstance(value, str):
                raise BadType(f"{what} must be a string, not {shown(value)}")
        if self.path is None and not re.fullmatch(r"\w[\w .+-]{0,99}", self.name):
            raise BadInput(f"{self.name!r} is not a name for a kernel: letters, digits, ' ', '_', '.', '+', '-'")

    def describe(self) -> str:
        """Compiles it, runs nothing, and returns what it is, in a line per kernel. Raises CellFailed with what the
        compiler says."""
        return self._asked("--describe")

    def check(self) -> str:
        """The same, and looks for data races between two threads by the thread sanitizer: CellFailed, with the line,
        where there is one."""
        return self._asked("--check")

    def _asked(self, flag: str) -> str:
        with tempfile.TemporaryDirectory(prefix="parlab-") as folder:
            file = self._written(folder)
            words = [f"--{name}={value}" for name, value in self._options(file).items()]
            done = races.answer_of_program(["run", "own", flag, *words])
            if done.returncode == 130:
                raise KeyboardInterrupt
            if done.returncode:
                raise CellFailed(self._complaint(done.stderr, file))
            if done.stderr:
                print(self._complaint(done.stderr, file))  # warnings
            return done.stdout.strip()

    def run(self, **options: Any) -> Race:
        """Against serial, as parlab.run does: mine.run(backend=["openmp", "tbb"], workers=2). `set` takes a dict
        of the file's parameters, each a number or a list of them; `tile` two numbers, rows and columns;
        `flags_axis` a list."""
        return self._race(races.run, options)

    def compare(self, **options: Any) -> Race:
        """Backends with each other, as parlab.compare does."""
        return self._race(races.compare, options)

    def advise(self, **options: Any) -> Advice:
        """Which backend, workers and grain to use, as `parlab advise` says: mine.advise(budget="1min"). Raises
        BadInput, and RunFailed where the loop gives a wrong answer on threads."""
        return self._race(loop_advice.advise, options)

    def _race(self, race: Any, options: dict[str, Any]) -> Any:
        with tempfile.TemporaryDirectory(prefix="parlab-") as folder:
            file = self._written(folder)
            try:
                return race("own", **(self._options(file) | _words_of(options)))
            except BadInput as error:
                raise BadInput(self._complaint(str(error), file)) from None

    def _written(self, folder: str) -> Path:
        """The file, whose lines have the numbers that they have in a cell with its %%cpp."""
        if self.path is not None:
            return self.path
        file = Path(folder) / f"{self.name}.hpp"
        file.write_text(f"// {self.name}\n{self.source}", encoding="utf-8")
        return file

    def _options(self, file: Path) -> dict[str, Any]:
        return {"kernel": str(file)} | ({"flags": self.flags} if self.flags else {})

    def _complaint(self, text: str, file: Path) -> str:
        text = text.strip().replace("parlab: ", "").replace("--kernel: ", "")
        return text if self.path is not None else text.replace(str(file), "cell")


def _words_of(options: dict[str, Any]) -> dict[str, Any]:
    """Options as the program writes them where it is not with commas. Raises BadType."""
    words = dict(options)
    for name, separator in (("flags_axis", ";"), ("tile", "x")):
        if isinstance(words.get(name), (list, tuple)):
            words[name] = separator.join(map(str, words[name]))
    if "set" in words and not isinstance(words["set"], (Mapping, str)):
        raise BadType(f"set must be a dict of parameters, as in {{'n': [1000, 2000]}}, not {shown(words['set'])}")
    return words


def own(source: str | os.PathLike[str], name: str = "own", flags: str = "") -> OwnKernel:
    """Your own kernel, from a file (a path, or a string of one line that names it) or from its text; `name` is
    what its races call the latter. Nothing is compiled before it is raced, or asked what it is by check(). Raises
    FileNotFoundError and BadType."""
    if not isinstance(source, (str, os.PathLike)):
        raise BadType(f"source must be a path or the text of a C++ file, not {shown(source)}")
    text = os.fspath(source)
    if isinstance(source, str) and ("\n" in source or ";" in source):
        return OwnKernel(name, source, flags)
    path = Path(text).resolve()
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no kernel file, and no text of one", str(text))
    return OwnKernel(path.stem, "", flags, path)


def advise(source: str | os.PathLike[str], *, name: str = "own", flags: str = "", **options: Any) -> Advice:
    """own(source, name, flags).advise(**options): parlab.advise("saxpy.hpp", budget="1min", workers=2)."""
    return own(source, name, flags).advise(**options)
