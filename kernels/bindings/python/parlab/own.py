"""Kernels of the user's, from the text of a C++ file, raced like any other."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import races
from .arguments import shown
from .compiled import CellFailed
from .errors import BadInput, BadType
from .races import Race


@dataclass(frozen=True)
class OwnKernel:
    """A kernel: C++ with `size`, `kernel(i)` or `kernel(begin, end)` and, where there is one,
    `expected()`; `flags` are more flags for the compiler, a space between them, in quotes as in a shell
    where they hold one. Raises BadInput for a name that no file can have, and BadType."""

    name: str
    source: str
    flags: str = ""

    def __post_init__(self) -> None:
        for what, value in (("name", self.name), ("source", self.source), ("flags", self.flags)):
            if not isinstance(value, str):
                raise BadType(f"{what} must be a string, not {shown(value)}")
        if not re.fullmatch(r"\w[\w .+-]{0,99}", self.name):
            raise BadInput(f"{self.name!r} is no name for a kernel: letters, digits, ' ', '_', '.', '+', '-'")

    def check(self) -> str:
        """Compiles it, runs nothing, and returns what it is in one line. Raises CellFailed with what the
        compiler says."""
        with tempfile.TemporaryDirectory(prefix="parlab-") as folder:
            file = self._written(folder)
            words = [f"--{name}={value}" for name, value in self._options(file).items()]
            done = races.answer_of_program(["run", "own", "--check", *words])
            if done.returncode == 130:
                raise KeyboardInterrupt
            if done.returncode:
                raise CellFailed(self._complaint(done.stderr, file))
            if done.stderr:
                print(self._complaint(done.stderr, file))  # warnings
            return done.stdout.strip()

    def run(self, **options: Any) -> Race:
        """Against serial, as parlab.run does: mine.run(backend=["openmp", "tbb"], workers=2)."""
        return self._race(races.run, options)

    def compare(self, **options: Any) -> Race:
        """Backends with each other, as parlab.compare does."""
        return self._race(races.compare, options)

    def _race(self, race: Any, options: dict[str, Any]) -> Race:
        with tempfile.TemporaryDirectory(prefix="parlab-") as folder:
            file = self._written(folder)
            try:
                return race("own", **(self._options(file) | options))
            except BadInput as error:
                raise BadInput(self._complaint(str(error), file)) from None

    def _written(self, folder: str) -> Path:
        """The file, whose lines have the numbers that they have in a cell with its %%cpp."""
        file = Path(folder) / f"{self.name}.hpp"
        file.write_text(f"// {self.name}\n{self.source}", encoding="utf-8")
        return file

    def _options(self, file: Path) -> dict[str, Any]:
        return {"kernel": str(file)} | ({"flags": self.flags} if self.flags else {})

    def _complaint(self, text: str, file: Path) -> str:
        return text.strip().replace("parlab: ", "").replace("--kernel: ", "").replace(str(file), "cell")
