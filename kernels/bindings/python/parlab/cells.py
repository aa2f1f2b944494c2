"""%%cpp: cells of C++20 in a notebook, compiled against libparlab.

    %load_ext parlab.cells

    %%cpp                       run as a separate program: a crash is an exception here
    #include <parlab.h>         lines of #include go to the top; the rest is main()'s body,
    printf("%d\\n", 6 * 7);     unless the cell has its own main()

    %%cpp -n mine               load as functions: mine.add_up(array, len(array))
    extern "C" double add_up(const double* numbers, size_t size) { ... }

    %%cpp -k mine               your own kernel: mine.run(), mine.compare(backend=[...])
    constexpr auto size = 1'000'000;
    auto kernel = [](std::uint64_t i) { return i * i; };

Parameters of functions: double*, float*, uint64_t*, uint32_t*, uint8_t* take contiguous numpy arrays of
that type, in place; numbers take numbers. The GIL is released meanwhile; a crash in a function is the
notebook's. A cell is compiled once: parlab.compiled says where what was compiled is kept.
"""

from __future__ import annotations

import codecs
import contextlib
import getopt
import keyword
import re
import selectors
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from . import cpp_text
from .arguments import real, shown
from .compiled import Built, CellFailed, build
from .exceptions import BadInput, BadType, RunFailed
from .functions import bound
from .library import on_all_processors
from .own_kernels import OwnKernel

__all__ = ["CellFailed", "OwnKernel", "functions", "load_ipython_extension", "run"]

LONGEST_OUTPUT = 100_000  # characters that a notebook is given; it keeps them all
LONGEST_TIMEOUT = 10**6  # seconds, 11 days
USAGE = ("%%cpp [-n NAME | -k NAME] [-f FLAGS] [-t SECONDS]: -n binds extern \"C\" functions under a name, -k makes "
         "a kernel of that name, -f are more flags for the compiler, in quotes, -t is how long the program may take")
HEADS = "".join(f"#include <{name}>\n" for name in (
    "algorithm", "array", "atomic", "chrono", "cmath", "cstdint", "cstdio", "cstdlib", "cstring",
    "functional", "iostream", "map", "numeric", "random", "string", "thread", "vector"))
# Line by line, so that what was printed is seen as it comes, and before a crash.
LINE_BUFFERED = ("[[maybe_unused]] static const int parlab_line_buffered = "
                 "std::setvbuf(stdout, nullptr, _IOLBF, 8192);\n")

def program_of(cell: str) -> str:
    """The cell as a program: with a main() around it where it has none."""
    cell = cpp_text.clean(cell)
    if cpp_text.has_main(cell):
        return f'#include <cstdio>\n{LINE_BUFFERED}#line 2 "cell"\n{cell}'
    lines = cpp_text.directives(cell)
    body = cpp_text.blanked(cell, (line for line in lines if line.name == "include"))
    return (f'{HEADS}{_includes(cell, lines)}using namespace std;\n{LINE_BUFFERED}int main() {{\n'
            f'#line 2 "cell"\n{body}\n#line 1 "the end of the cell"\n}}\n')


def _includes(cell: str, lines: list[cpp_text.Directive]) -> str:
    """The cell's lines of #include, with what decides on them. What they define is as it was afterwards:
    the same lines come again in main()."""
    if not any(line.name == "include" for line in lines):
        return ""
    kept = [line for line in lines if line.name in ("include", "define", "undef") or
            line.name.startswith(("if", "el", "endif"))]
    names = dict.fromkeys(re.sub(r"\W.*", "", line.text.split(line.name, 1)[1].strip(), flags=re.DOTALL)
                          for line in kept if line.name in ("define", "undef"))
    return "".join([*(f'#pragma push_macro("{name}")\n' for name in names),
                    *(f'#line {cell.count(chr(10), 0, line.begin) + 2} "cell"\n{line.text}\n' for line in kept),
                    *(f'#pragma pop_macro("{name}")\n' for name in names)])


def run(cell: str, flags: list[str] | None = None, timeout: float = 60,
        show: Callable[[Any, str], None] | None = None) -> str:
    """Compiles and runs a cell; returns what it printed, cut to LONGEST_OUTPUT characters.

    `show(stream, text)` is called with sys.stdout or sys.stderr as output comes. Raises CellFailed
    where the program does not compile, ends badly, or runs longer than `timeout` seconds; then, and
    with Ctrl-C, it is ended."""
    seconds = _seconds(timeout)
    return _watched(_built(cell, flags), seconds, show or _show_errors)


def _built(cell: str, flags: Sequence[str] | None) -> Built:
    cell = cpp_text.clean(cell)
    return build(program_of(cell), list(flags or []), cell=cell)


def _seconds(timeout: Any) -> float:
    """Raises BadInput or BadType for what is not a time."""
    with contextlib.suppress(ValueError):  # a word is a number in %%cpp
        timeout = float(timeout) if isinstance(timeout, str) else timeout
    seconds = real("timeout", timeout)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise BadInput(f"timeout must be above 0 s and at most {LONGEST_TIMEOUT} s, not {shown(timeout)}")
    return seconds


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
    return bound(cell, flags)[0]


def _run_cell(options: _Options, cell: str, names: dict[str, Any]) -> None:
    """Does what the cell's first line says; what is bound is put among the names."""
    begin, flags = time.perf_counter(), list(options.flags)
    if options.kernel:
        kernel = OwnKernel(options.kernel, cell, shlex.join(flags))
        print(f"{kernel.describe()}\n[ready in {time.perf_counter() - begin:.1f} s]")
        names[options.kernel] = kernel
    elif options.name:
        functions, made = bound(cell, flags)
        names[options.name] = functions
        print(f"{options.name}: {', '.join(vars(functions))}  {made}")
    else:
        made = _built(cell, flags)
        print(made)
        _watched(made, options.timeout, lambda stream, text: print(text, end="", file=stream, flush=True))


class BadCell(BadInput):
    """A cell's first line is wrong, or nothing in the cell can be bound. A notebook shows the message alone."""

    def _render_traceback_(self) -> list[str]:
        return [f"parlab: {self}"]


class _Options(NamedTuple):
    """What stands after %%cpp."""

    name: str | None = None
    kernel: str | None = None
    flags: Sequence[str] = ()
    timeout: float = 60  # seconds

    @classmethod
    def read(cls, line: str) -> _Options:
        """Reads them: words as in a shell, so that a flag may hold blanks. Raises BadCell."""
        try:
            given, left = getopt.gnu_getopt(shlex.split(line), "n:k:f:t:", ["name=", "kernel=", "flags=", "timeout="])
        except (getopt.GetoptError, ValueError) as error:  # ValueError: a quote that nothing closes
            raise BadCell(f"%%cpp: {error}: {USAGE}") from None
        if left:
            raise BadCell(f"%%cpp: '{left[0]}' belongs to no option: {USAGE}")
        names = {"-n": "name", "-k": "kernel", "-f": "flags", "-t": "timeout"}
        words: dict[str, Any] = {names.get(option, option.lstrip("-")): value for option, value in given}
        flags = " ".join(value for option, value in given if option in ("-f", "--flags"))
        for option in ("name", "kernel"):
            if option in words and not (words[option].isidentifier() and not keyword.iskeyword(words[option])):
                raise BadCell(f"%%cpp: {words[option]!r} is not a name in Python")
        if "name" in words and "kernel" in words:
            raise BadCell("%%cpp: a cell is functions (-n) or a kernel (-k), not both")
        try:
            return cls(words.get("name"), words.get("kernel"), shlex.split(flags), _seconds(words.get("timeout", 60)))
        except ValueError as error:
            raise BadCell(f"%%cpp: {flags}: {error}") from None


def load_ipython_extension(shell: Any) -> None:
    """Adds %%cpp."""
    def cpp(line: str, cell: str) -> None:
        try:
            _run_cell(_Options.read(line), cell, shell.user_ns)
        except (BadCell, CellFailed):
            raise
        except (BadInput, BadType) as error:
            raise BadCell(str(error)) from None
        except RunFailed as error:
            raise CellFailed(str(error)) from None

    cpp.__doc__ = f"Compiles the cell as C++20 against libparlab and runs it, or binds what is in it.\n\n{USAGE}"
    shell.register_magic_function(cpp, "cell", "cpp")
