"""%%cpp: cells of C++20 in a notebook, compiled against libparlab.

    %load_ext parlab.cells

    %%cpp                       run as a program of its own: a crash is an exception here
    #include <parlab.h>         lines of #include go to the top; the rest is main()'s body,
    printf("%d\\n", 6 * 7);     unless the cell has a main() of its own

    %%cpp -n mine               load as functions: mine.add_up(array, len(array))
    extern "C" double add_up(const double* numbers, size_t size) { ... }

    %%cpp -k mine               a kernel of your own: mine.run(), mine.compare(backend=[...])
    constexpr auto size = 1'000'000;
    auto kernel = [](std::uint64_t i) { return i * i; };

Parameters of functions: double*, float*, uint64_t*, uint32_t*, uint8_t* take contiguous numpy arrays of
that type, in place; numbers take numbers. The GIL is released meanwhile; a crash in a function is the
notebook's. A cell is compiled once: parlab.compiled says where what was compiled is kept.
"""

from __future__ import annotations

import codecs
import ctypes
import re
import selectors
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .compiled import Built, CellFailed, build
from .library import BadInput, on_all_processors
from .own import OwnKernel

__all__ = ["CellFailed", "OwnKernel", "functions", "load_ipython_extension", "run"]

LONGEST_OUTPUT = 100_000  # characters that a notebook is given; it keeps them for ever
HEADS = "".join(f"#include <{name}>\n" for name in (
    "algorithm", "array", "atomic", "chrono", "cmath", "cstdint", "cstdio", "cstdlib", "cstring",
    "functional", "iostream", "map", "numeric", "random", "string", "thread", "vector"))
# Line by line, so that what was printed is seen as it comes, and before a crash.
LINE_BUFFERED = ("[[maybe_unused]] static const int parlab_line_buffered = "
                 "std::setvbuf(stdout, nullptr, _IOLBF, 8192);\n")

NUMBERS = {"double": ctypes.c_double, "float": ctypes.c_float, "int": ctypes.c_int, "bool": ctypes.c_bool,
           "long": ctypes.c_long, "size_t": ctypes.c_size_t, "int64_t": ctypes.c_int64,
           "uint64_t": ctypes.c_uint64, "uint32_t": ctypes.c_uint32, "int32_t": ctypes.c_int32,
           "uint8_t": ctypes.c_uint8}
FUNCTION = re.compile(r'extern\s+"C"\s+([\w:]+(?:\s*\*)?)\s+(\w+)\s*\(([^)]*)\)\s*(?:noexcept\s*)?\{')


def program_of(cell: str) -> str:
    """The cell as a program: with a main() around it where it has none."""
    if re.search(r"\bmain\s*\(", cell):
        return f'#include <cstdio>\n{LINE_BUFFERED}#line 2 "cell"\n{cell}'
    included, body = "", ""
    for number, line in enumerate(cell.splitlines(), 2):
        is_include = line.lstrip().startswith("#include")
        included += f'#line {number} "cell"\n{line}\n' if is_include else ""
        body += "\n" if is_include else line + "\n"
    return (f'{HEADS}{included}using namespace std;\n{LINE_BUFFERED}int main() {{\n#line 2 "cell"\n{body}'
            '#line 1 "the end of the cell"\n}\n')


def run(cell: str, flags: list[str] | None = None, timeout: float = 60,
        show: Callable[[Any, str], None] | None = None) -> str:
    """Compiles and runs a cell; returns what it printed, cut to LONGEST_OUTPUT characters.

    `show(stream, text)` is called with sys.stdout or sys.stderr as output comes. Raises CellFailed
    where the program does not compile, ends badly, or runs longer than `timeout` seconds; then, and
    with Ctrl-C, it is ended."""
    return _watched(build(program_of(cell), flags, cell=cell), timeout, show or _show_errors)


def _show_errors(stream: Any, text: str) -> None:
    if stream is sys.stderr:
        print(text, end="", file=stream)


def _watched(program: Built, timeout: float, show: Callable[[Any, str], None]) -> str:
    with on_all_processors():
        child = subprocess.Popen([str(program.path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
    with child:
        try:
            output = _Output(show)
            ended = output.follow(child, time.monotonic() + timeout)
        except BaseException:
            child.kill()
            raise
        if not ended:
            child.kill()
    if output.size > LONGEST_OUTPUT:
        show(sys.stderr, f"[cut: {output.size} characters came, {LONGEST_OUTPUT} are shown]\n")
    if not ended:
        raise CellFailed(f"the cell ran longer than {timeout:g} s and was ended: raise it with -t")
    if child.returncode < 0:
        raise CellFailed(f"the cell was killed by {signal.Signals(-child.returncode).name}")
    if child.returncode:
        raise CellFailed(f"the cell ended with {child.returncode}")
    return output.printed


class _Output:
    """What a program writes to stdout and stderr, shown as it comes, up to LONGEST_OUTPUT."""

    def __init__(self, show: Callable[[Any, str], None]) -> None:
        self.show, self.size, self.printed = show, 0, ""

    def follow(self, child: subprocess.Popen, deadline: float) -> bool:
        """Until the program has ended; False where the deadline came first."""
        with selectors.DefaultSelector() as ready:
            for pipe, stream in ((child.stdout, sys.stdout), (child.stderr, sys.stderr)):
                decoder = codecs.getincrementaldecoder("utf-8")("replace")
                ready.register(pipe, selectors.EVENT_READ, (stream, decoder))
            while ready.get_map():
                events = ready.select(0.2)  # seconds; soon enough to see an end or the deadline
                if not events and child.poll() is not None:
                    break  # what it has started still holds the pipes
                for key, _ in events:
                    piece = key.fileobj.read1(65536)
                    stream, decoder = key.data
                    self._add(stream, decoder.decode(piece, not piece))
                    if not piece:
                        ready.unregister(key.fileobj)
                if time.monotonic() > deadline:
                    return False
        try:
            child.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _add(self, stream: Any, text: str) -> None:
        text, came = text[:max(LONGEST_OUTPUT - self.size, 0)], len(text)
        self.size += came
        if text:
            self.show(stream, text)
            self.printed += text if stream is sys.stdout else ""


def functions(cell: str, flags: list[str] | None = None) -> SimpleNamespace:
    """Compiles a cell and binds its extern "C" functions. Raises BadInput where there are none."""
    return _bound(cell, flags)[0]


def _bound(cell: str, flags: list[str] | None) -> tuple[SimpleNamespace, Built]:
    found = FUNCTION.findall(cell)
    if not found:
        raise BadInput('no function that starts with extern "C" in the cell: only those can be bound')
    kinds = [(name, _kind(back), [_kind(_type_of(word)) for word in words.split(",")
                                  if word.strip() not in ("", "void")])
             for back, name, words in found]
    made = build(f'#include <cstddef>\n#include <cstdint>\n#line 2 "cell"\n{cell}', flags, True, cell)
    library, bound = ctypes.CDLL(str(made.path)), SimpleNamespace()
    for name, back, arguments in kinds:
        function = getattr(library, name)
        function.restype, function.argtypes = back, arguments
        setattr(bound, name, function)
    return bound, made


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
        for name in (options.kernel, options.name):
            if name is not None and not name.isidentifier():
                raise BadInput(f"{name!r} is no name in Python")
        if options.kernel:
            kernel = OwnKernel(options.kernel, cell, " ".join(flags))
            begin = time.perf_counter()
            print(f"{kernel.check()}\n[ready in {time.perf_counter() - begin:.1f} s]")
            shell.user_ns[options.kernel] = kernel
        elif options.name:
            shell.user_ns[options.name], made = _bound(cell, flags)
            print(f"{options.name}: {', '.join(vars(shell.user_ns[options.name]))}  {made}")
        else:
            made = build(program_of(cell), flags, cell=cell)
            print(made)
            _watched(made, options.timeout, lambda stream, text: print(text, end="", file=stream, flush=True))

    shell.register_magic_function(cpp, "cell", "cpp")
