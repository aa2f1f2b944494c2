"""%%cpp: cells of C++20 in a notebook, compiled against libparlab.

    %load_ext parlab.cells

    %%cpp                       run as a program: its output appears below, a crash is an exception
    #include <cstdio>           lines of #include go to the top; the rest is main()'s body,
    printf("%d\\n", 6 * 7);     unless the cell has a main() of its own

    %%cpp -n mine               load as functions: mine.add_up(array)
    extern "C" double add_up(const double* numbers, size_t size) { ... }

    %%cpp -k mine               a kernel of your own: mine.run(backend=[...]), mine.compare(...)
    constexpr std::uint64_t size = 1'000'000;
    auto kernel = [](std::uint64_t begin, std::uint64_t end) { ... };

Parameters of functions: double*, float*, uint64_t*, uint32_t*, uint8_t* take contiguous numpy arrays of
that type, in place; numbers take numbers. The GIL is released meanwhile. A cell is compiled once:
what it and its flags say names the file in ~/.cache/parlab.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import races
from .library import BadInput, RunFailed, library_path
from .races import Race

FLAGS = ["-std=c++20", "-O3", "-g1", "-march=native", "-Wall", "-Wextra", "-fdiagnostics-color=never"]
NUMBERS = {"double": ctypes.c_double, "float": ctypes.c_float, "int": ctypes.c_int, "bool": ctypes.c_bool,
           "long": ctypes.c_long, "size_t": ctypes.c_size_t, "int64_t": ctypes.c_int64,
           "uint64_t": ctypes.c_uint64, "uint32_t": ctypes.c_uint32, "int32_t": ctypes.c_int32,
           "uint8_t": ctypes.c_uint8}
FUNCTION = re.compile(r'extern\s+"C"\s+([\w:]+(?:\s*\*)?)\s+(\w+)\s*\(([^)]*)\)\s*(?:noexcept\s*)?\{')


def compiler() -> str:
    """$CXX, or g++, or c++. Raises RunFailed where there is none."""
    for name in (os.environ.get("CXX"), "g++", "c++", "clang++"):
        if name and shutil.which(name):
            return name
    raise RunFailed("no C++ compiler on PATH: apt-get install g++")


def _include_folder() -> Path:
    """Where parlab.h lies: installed, or in the source that the built package links to."""
    library = Path(library_path()).resolve()
    for folder in (library.parent.parent / "include", library.parent.parents[1] / "include",
                   Path(__file__).resolve().parents[2]):
        if (folder / "parlab.h").exists():
            return folder
    raise RunFailed("no parlab.h beside the library: run `make install`")


def build(source: str, flags: list[str] | None = None, shared: bool = False) -> Path:
    """Compiles a source against libparlab, once. Returns the program or the library.

    Raises RunFailed with the compiler's complaints, whose lines are the cell's."""
    library = Path(library_path()).resolve()
    command = [compiler(), *FLAGS, *(flags or []), f"-I{_include_folder()}",
               *(["-shared", "-fPIC"] if shared else [])]
    ending = [str(library), f"-Wl,-rpath,{library.parent}", "-pthread"]
    named = hashlib.sha256("\0".join([source, *command, *ending]).encode()).hexdigest()[:24]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "parlab"
    cache.mkdir(parents=True, exist_ok=True)
    target = cache / (named + (".so" if shared else ""))
    if target.exists():
        return target
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        made = Path(folder) / "cell"
        (Path(folder) / "cell.cpp").write_text(source, encoding="utf-8")
        done = subprocess.run([*command, str(Path(folder) / "cell.cpp"), "-o", str(made), *ending],
                              capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RunFailed(f"{command[0]} refused the cell:\n{done.stderr.strip()}")
        if done.stderr.strip():
            print(done.stderr.strip(), file=sys.stderr)
        made.replace(target)
    return target


def program_of(cell: str) -> str:
    """The cell as a program: with a main() around it where it has none."""
    if re.search(r"\bmain\s*\(", cell):
        return f'#line 2 "cell"\n{cell}'
    lines = cell.splitlines()
    heads = "\n".join(line for line in lines if line.lstrip().startswith("#include"))
    body = "\n".join("" if line.lstrip().startswith("#include") else line for line in lines)
    return f'#include <bits/stdc++.h>\n{heads}\nusing namespace std;\nint main() {{\n#line 2 "cell"\n{body}\n}}\n'


def run(cell: str, flags: list[str] | None = None, timeout: float = 60) -> str:
    """Compiles and runs a cell; returns what it printed. Raises RunFailed where it ends badly."""
    try:
        done = subprocess.run([str(build(program_of(cell), flags))], capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise RunFailed(f"the cell ran longer than {timeout:g} s: raise it with -t") from error
    if done.stderr:
        print(done.stderr, end="", file=sys.stderr)
    if done.returncode:
        print(done.stdout, end="")
        how = (f"was killed by {signal.Signals(-done.returncode).name}" if done.returncode < 0
               else f"ended with {done.returncode}")
        raise RunFailed(f"the cell {how}")
    return done.stdout


def functions(cell: str, flags: list[str] | None = None) -> SimpleNamespace:
    """Compiles a cell and binds its extern "C" functions. Raises BadInput where there are none."""
    found = FUNCTION.findall(cell)
    if not found:
        raise BadInput('no function that starts with extern "C" in the cell: only those can be bound')
    kinds = [(name, _kind(back), [_kind(_type_of(word)) for word in words.split(",") if word.strip()])
             for back, name, words in found]
    path = build(f'#include <cstddef>\n#include <cstdint>\n#line 2 "cell"\n{cell}', flags, shared=True)
    library, bound = ctypes.CDLL(str(path)), SimpleNamespace()
    for name, back, arguments in kinds:
        function = getattr(library, name)
        function.restype, function.argtypes = back, arguments
        setattr(bound, name, function)
    return bound


@dataclass(frozen=True)
class OwnKernel:
    """A kernel of the user's, from the text of a C++ file with `size`, `kernel(begin, end)` and, where
    there is one, `expected()`; raced like any other."""

    name: str
    source: str

    def run(self, **options: Any) -> Race:
        """Against serial, as parlab.run does: mine.run(backend=["openmp", "tbb"], workers=2)."""
        return self._race(races.run, options)

    def compare(self, **options: Any) -> Race:
        """Backends with each other, as parlab.compare does."""
        return self._race(races.compare, options)

    def _race(self, race: Any, options: dict[str, Any]) -> Race:
        with tempfile.TemporaryDirectory(prefix="parlab-") as folder:
            file = Path(folder) / f"{self.name}.hpp"
            file.write_text(self.source, encoding="utf-8")
            return race("own", kernel=str(file), **options)


def _type_of(parameter: str) -> str:
    """The type of `const double* numbers`."""
    return re.sub(r"\w+\s*$", "", parameter.strip()) or parameter


def _kind(words: str) -> Any:
    plain = re.sub(r"\bconst\b|\bstd::|\s", "", words)
    if plain == "void":
        return None
    if plain in NUMBERS:
        return NUMBERS[plain]
    if plain.endswith("*") and plain[:-1] in NUMBERS:
        reads = re.search(r"\bconst\b", words) is not None
        return np.ctypeslib.ndpointer(np.dtype(NUMBERS[plain[:-1]]),
                                      flags="C_CONTIGUOUS" if reads else "C_CONTIGUOUS,WRITEABLE")
    raise BadInput(f"a function cannot be bound with '{words.strip()}': take {', '.join(NUMBERS)} or a "
                   "pointer to one")


def load_ipython_extension(shell: Any) -> None:
    """Adds %%cpp."""
    from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

    @magic_arguments()
    @argument("-n", "--name", help='bind the extern "C" functions under this name')
    @argument("-k", "--kernel", help="make a kernel of this name of it, to be raced")
    @argument("-f", "--flags", default="", help="more flags for the compiler, in quotes")
    @argument("-t", "--timeout", type=float, default=60, help="seconds that the program may take")
    def cpp(line: str, cell: str) -> None:
        """Compiles the cell as C++20 against libparlab and runs it, or binds its functions."""
        options = parse_argstring(cpp, line)
        flags = shlex.split(options.flags.strip("\"'"))
        if options.kernel:
            shell.user_ns[options.kernel] = OwnKernel(options.kernel, cell)
        elif options.name:
            shell.user_ns[options.name] = functions(cell, flags)
        else:
            print(run(cell, flags, options.timeout), end="")

    shell.register_magic_function(cpp, "cell", "cpp")
