"""Cells of C++: compiled once, run as programs or bound as functions over numpy, or raced."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import parlab
import pytest
from parlab import cells, compiled


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "parlab"


def test_a_cell_is_a_program_with_or_without_main(own_cache: Path) -> None:
    assert cells.run('#include <cstdio>\nprintf("%d\\n", 6 * 7);') == "42\n"
    assert cells.run('#include <cstdio>\nint main() { puts("whole"); }') == "whole\n"
    assert len(list(own_cache.iterdir())) == 2
    assert cells.run('#include <cstdio>\nprintf("%d\\n", 6 * 7);') == "42\n"
    assert len(list(own_cache.iterdir())) == 2  # found, not compiled again


def test_a_cell_calls_libparlab() -> None:
    assert cells.run('#include <parlab.h>\nprintf("%u", parlab_abi_version());') == "1"


def test_what_changed_is_compiled_again(own_cache: Path, tmp_path: Path, monkeypatch: Any) -> None:
    library = tmp_path / "libparlab.so.1"
    shutil.copy(parlab.library_path(), library)
    (tmp_path / "parlab.h").write_text("")
    monkeypatch.setenv("PARLAB_LIBRARY", str(library))
    monkeypatch.setattr(compiled, "_include_folder", lambda library: tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.hpp").write_text("#define MINE 1")

    def compiles(flags: list[str]) -> bool:
        return compiled.build('#include "mine.hpp"\nint main() { return MINE - 1; }', flags).seconds > 0

    assert compiles([]) and not compiles([])
    assert compiles(["-fno-inline"])
    (tmp_path / "mine.hpp").write_text("#define MINE (0 + 1)")
    assert compiles([]) and not compiles([])
    os.utime(library, (1, 1))  # the library was rebuilt
    assert compiles([])


def test_what_a_killed_process_left_is_removed_and_nothing_else(own_cache: Path, tmp_path: Path,
                                                                monkeypatch: Any) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o700)
    code = "from parlab import compiled; compiled.build('int main() {}')"

    def making() -> list[Path]:
        return list(own_cache.glob("making.*"))

    def start_slowly() -> subprocess.Popen[bytes]:
        before = set(making())
        path = os.pathsep.join(sys.path)
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True,
                                   env={**os.environ, "CXX": str(slow), "PYTHONPATH": path})
        for _ in range(2000):
            if any((folder / "cell.cpp").exists() for folder in set(making()) - before):
                return process
            time.sleep(0.01)
        raise AssertionError("it compiles nothing")

    def end(process: subprocess.Popen[bytes]) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    end(start_slowly())
    assert len(making()) == 1
    other = start_slowly()
    try:
        (theirs,) = making()  # and not what was killed
        compiled.build("int main() {}")
        assert making() == [theirs]
    finally:
        end(other)
    compiled.build("int main() { return 0; }")
    assert making() == []


def test_what_is_kept_is_the_newest(own_cache: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(compiled, "KEPT", 2)
    sources = [f"int main() {{ return {i}; }}" for i in range(3)]
    first, second = (compiled.build(source).path for source in sources[:2])
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    assert compiled.build(sources[0]).seconds == 0  # of use again, so the second is the oldest
    third = compiled.build(sources[2])
    assert str(own_cache) in str(third)  # says where it is kept
    assert set(own_cache.iterdir()) == {first, third.path}


def test_without_a_compiler_or_a_folder_it_says_what_to_do(monkeypatch: Any) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler -O2")
    with pytest.raises(parlab.RunFailed, match="no compiler 'no-such-compiler'"):
        cells.run("return 0;")
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    with pytest.raises(parlab.RunFailed, match="set XDG_CACHE_HOME"):
        cells.run("return 0;")


def test_where_nobody_is_at_home_it_works_or_says_what_to_set(own_cache: Path, monkeypatch: Any) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)  # as in a container whose user has no entry
    made = compiled.build("int main() { }")
    assert str(own_cache) in str(made) and "[compiled before]" == str(compiled.build("int main() { }"))
    monkeypatch.delenv("XDG_CACHE_HOME")
    with pytest.raises(cells.CellFailed, match="neither XDG_CACHE_HOME nor HOME is set") as raised:
        cells.run("return 0;")
    assert "\n" not in str(raised.value) and raised.value.__cause__ is None
    monkeypatch.setenv("HOME", str(own_cache.parent / "home"))
    assert compiled.folder() == own_cache.parent / "home" / ".cache" / "parlab"


def test_a_cell_may_come_from_an_editor_and_a_folder_that_is_gone(tmp_path: Path, monkeypatch: Any, capfd: Any) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert cells.run('\ufeff#pragma once\r\n#include <set>\r\n#define TWO \\\r\n  2\r\n'
                     'printf("%d\\n", TWO + (int)std::set<int>().size());\r\n') == "2\n"
    assert "warning" not in capfd.readouterr().err


def test_output_comes_as_it_is_printed_and_is_bounded(monkeypatch: Any, capfd: Any) -> None:
    monkeypatch.setattr(cells, "LONGEST_OUTPUT", 1000)
    shown: list[str] = []
    printed = cells.run('for (int i = 0; i < 5000; ++i) puts("0123456789");',
                        show=lambda stream, text: shown.append(text))
    assert printed == "0123456789\n" * 90 + "0123456789"
    assert shown[-1] == "[cut: 55000 characters came, 1000 are shown]\n"
    with pytest.raises(parlab.RunFailed, match="SIGSEGV"):
        cells.run('fputs("to stderr", stderr); puts("before"); raise(SIGSEGV);', ["-includecsignal"],
                  show=lambda stream, text: shown.append(text))
    assert {"to stderr", "before\n"} <= set(shown)  # also what came before a crash


def test_ctrl_c_ends_the_program(own_cache: Path) -> None:
    pids: list[int] = []

    def interrupt(stream: Any, text: str) -> None:
        pids.append(int(text))
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        cells.run('#include <unistd.h>\nprintf("%d\\n", getpid()); for (;;) pause();', show=interrupt)
    assert len(pids) == 1 and not Path(f"/proc/{pids[0]}").exists()
    assert not [path for path in own_cache.iterdir() if path.name.startswith("making.")]


def test_a_crash_or_a_failure_is_an_exception_here() -> None:
    with pytest.raises(parlab.RunFailed, match="SIGABRT"):
        cells.run("abort();")
    with pytest.raises(RuntimeError, match="ended with 3"):
        cells.run("return 3;")
    with pytest.raises(parlab.RunFailed, match="longer than 0.5 s"):
        cells.run("for (volatile int i = 0;; i = i + 1) {}", timeout=0.5)
    with pytest.raises(parlab.RunFailed, match="cell:3"):  # the magic's own line is the first
        cells.run("int x;\nx = y;")


def test_functions_take_arrays_in_place_and_refuse_others() -> None:
    mine = cells.functions('''extern "C" double total(const double* x, size_t n) {
      double sum = 0; for (size_t i = 0; i < n; ++i) sum += x[i]; return sum; }
    extern "C" void twice(std::uint32_t* x, size_t n) { for (size_t i = 0; i < n; ++i) x[i] *= 2; }''')
    assert mine.total(np.arange(10.0), 10) == 45
    numbers = np.arange(4, dtype="u4")
    mine.twice(numbers, 4)
    assert numbers.tolist() == [0, 2, 4, 6]
    for wrong in (np.arange(4), np.arange(8, dtype="u4")[::2], [1, 2]):
        with pytest.raises(Exception, match="array|dtype|type|flags"):
            mine.twice(wrong, 4)
    with pytest.raises(parlab.BadInput, match='extern "C"'):
        cells.functions("int f() { return 1; }")
    with pytest.raises(parlab.BadInput, match="cannot be bound"):
        cells.functions('extern "C" int f(struct thing* x) { return 1; }')


OWN = """constexpr std::uint64_t size = 1000;
auto kernel = [](std::uint64_t begin, std::uint64_t end) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = begin; i < end; ++i) sum += i * i;
  return sum;
};
"""


def test_an_own_kernel_is_raced_with_its_answers_checked(own_cache: Path) -> None:
    squares = cells.OwnKernel("squares", OWN)
    assert squares.check().startswith("squares: 1000 indices")
    race = squares.run(backend=["serial", "threads", "processes"], workers=2, rounds=2)
    assert race.ok and {record["answer"] for record in race.records} == {332833500}
    assert len(list(own_cache.iterdir())) == 1  # compiled once
    right = OWN + "std::uint64_t expected() { return 332833500; }\n"
    assert cells.OwnKernel("squares", right).compare(backend=["serial", "threads"], workers=2, rounds=2).ok
    wrong = OWN + "std::uint64_t expected() { return 1; }\n"
    race = cells.OwnKernel("squares", wrong).run(backend="serial", rounds=2)
    assert not race.ok and "wrong answer" in race.records[0]["cause"]
    assert "wrong answer" in repr(race) and "wrong answer" in race._repr_html_()


SWEPT = """const auto size = parlab::parameter("size", 1000);
const auto rate = parlab::parameter("rate", 0.5);
parlab::array<double> z(size);
void kernel_plain(std::uint64_t i) { z[i] = rate * i; }
void kernel_other(std::uint64_t i) { z[i] = rate * i; }
double answer() { return z[size - 1]; }
"""


def test_own_takes_a_text_or_a_file_and_sweeps_its_parameters(own_cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "swept.hpp"
    file.write_text(SWEPT)
    for kernel, name in ((parlab.own(SWEPT, "mine"), "mine"), (parlab.own(file), "swept"),
                         (parlab.own(str(file)), "swept")):
        race = kernel.run(backend=["serial", "processes"], workers=2, rounds=2, size=[10, np.int64(100)],
                          set={"rate": [0.25, np.float32(2)]}, quiet=True)
        assert race.ok and {record["kernel"] for record in race.records} == {name}
        assert {record["answer"] for record in race.records} == {2.25, 18, 24.75, 198}
        assert {record["variant"] for record in race.records} == {"plain", "other"}
        assert "other" in race._repr_html_()
    flags = parlab.own(file, flags="-O1").run(backend="serial", rounds=2, flags_axis=["-O2", "-O3 -ffast-math"])
    assert {record["algorithm"] for record in flags.records} == {"-O2", "-O3 -ffast-math"}


def test_own_with_tiles_and_wrong_arguments(own_cache: Path, tmp_path: Path) -> None:
    grid = parlab.own("constexpr int rows = 8, columns = 9;\nint kernel(int i, int j) { return i * j; }")
    assert {record["unit"] for record in grid.run(backend="serial", rounds=1, tile=(4, 3)).records} == {"tiles"}
    for wrong in (3, None, b"kernel", ["a"]):
        with pytest.raises(parlab.BadType, match="source must be a path or the text"):
            parlab.own(wrong)
    with pytest.raises(FileNotFoundError, match="no kernel file"):
        parlab.own(tmp_path / "absent.hpp")
    with pytest.raises(parlab.BadType, match="set must be a dict"):
        grid.run(set=["a=1"])
    with pytest.raises(parlab.BadInput, match="unknown parameter|has no parameters"):
        grid.run(set={"a": 1})
    (tmp_path / "bad.hpp").write_text("constexpr int size = 3;")
    with pytest.raises(cells.CellFailed, match="no `kernel`"):
        parlab.own(tmp_path / "bad.hpp").check()


def test_an_own_kernel_that_cannot_be_is_refused() -> None:
    for ask in (lambda kernel: kernel.check(), lambda kernel: kernel.run(backend="serial")):
        with pytest.raises(parlab.Error, match="cell:3:.*'?y'?(?s:.)*does not compile"):
            ask(cells.OwnKernel("bad", "constexpr int size = 3;\nauto kernel = [](int i) { return y; };"))
        with pytest.raises(parlab.Error, match="no `kernel`"):
            ask(cells.OwnKernel("bad", "constexpr int size = 3;"))
        with pytest.raises(parlab.Error, match="size in cell is out of range"):
            ask(cells.OwnKernel("bad", OWN.replace("1000", "0")))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    made = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    made.run_line_magic("load_ext", "parlab.cells")
    yield made
    atexit.unregister(made.atexit_operations)


def test_the_magic_runs_binds_and_races(shell: Any, capsys: Any) -> None:
    assert shell.run_cell('%%cpp\nprintf("%d\\n", 6 * 7);').success
    out = capsys.readouterr().out
    assert out.startswith("[compiled in ") and out.endswith("\n42\n")
    assert shell.run_cell('%%cpp\nprintf("%d\\n", 6 * 7);').success
    assert capsys.readouterr().out == "[compiled before]\n42\n"
    assert shell.run_cell('%%cpp -n mine -f "-DTWO=2"\n'
                          'extern "C" int twice(int n) { return TWO * n; }').success
    assert shell.user_ns["mine"].twice(21) == 42
    assert shell.run_cell(f'%%cpp -k squares -f "-DUNUSED -O2"\n{OWN}').success
    assert "squares: 1000 indices" in capsys.readouterr().out
    assert shell.user_ns["squares"].flags == "-DUNUSED -O2"


@pytest.mark.parametrize("flags, shown", [
    ('-f "-DX=3"', "3"), ("-f -DX=3", "3"), ("-f '-DX=3 -O1'", "3"), ('--flags="-DX=3 -O1"', "3"), ("-f -O1 -f -DX=3", "3"),
    ('-f "-DX=\'4 + 1\'"', "5"), ("-f '-DX=\"4 + 1\"'", "5"), ('-f "-DX=\\"4 + 1\\""', "5"), ("-f \"-I'{}'\"", "7"),
])
def test_flags_may_hold_blanks(shell: Any, capsys: Any, tmp_path: Path, flags: str, shown: str) -> None:
    folder = tmp_path / "with blank, [1] & ü"
    folder.mkdir()
    (folder / "seven.h").write_text("constexpr int X = 7;\n")
    include = '#include "seven.h"\n' if "{}" in flags else ""
    assert shell.run_cell(f'%%cpp -n mine {flags.replace("{}", str(folder))}\n{include}extern "C" int f() {{ return X; }}').success
    assert str(shell.user_ns["mine"].f()) == shown


def test_flags_reach_a_kernel_as_they_are(shell: Any) -> None:
    assert shell.run_cell('%%cpp -k mine -f "-DTEXT=\'\\"a b\\"\' -O1"\nconstexpr int size = sizeof(TEXT);\n'
                          "auto kernel = [](int i) { return i; };").success
    assert shell.user_ns["mine"].check().startswith("mine: 4 indices")


@pytest.mark.parametrize("line, words", [
    ("-q", "option -q not recognized"), ("-n", "option -n requires argument"), ("-n 3x", "'3x' is not a name in Python"),
    ("-k class", "'class' is not a name"), ("-n a -k b", "not both"), ('-f "-DX', "No closing quotation"),
    ("-f \"-DX='1\"", "No closing quotation"), ("-t x", "must be a number"), ("-t nan", "must be finite"), ("-t -1", "above 0"),
    ("left over", "'left' belongs to no option"), ("-n mine", 'extern "C"'),
])
def test_a_first_line_that_is_wrong_is_refused_in_one_line(shell: Any, capsys: Any, line: str, words: str) -> None:
    result = shell.run_cell(f"%%cpp {line}\nint x = 1;")
    said = capsys.readouterr().out
    assert isinstance(result.error_in_exec, parlab.BadInput) and words in said
    assert said.startswith("parlab: ") and said.strip().count("\n") == 0
    assert result.error_in_exec.__cause__ is None and result.error_in_exec.__suppress_context__ == (
        result.error_in_exec.__context__ is not None)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "soon", None, True])
def test_what_is_no_time_is_refused(timeout: Any) -> None:
    with pytest.raises((parlab.BadInput, parlab.BadType), match="timeout must be"):
        cells.run("return 0;", timeout=timeout)


def test_what_is_no_kernel_is_refused(own_cache: Path) -> None:
    for arguments, error in (((3, OWN), TypeError), (("a", 3), TypeError), (("a", OWN, ["-O2"]), TypeError),
                             (("a/b", OWN), ValueError), (("", OWN), ValueError), (("a\nb", OWN), ValueError)):
        with pytest.raises(error) as raised:
            cells.OwnKernel(*arguments)
        assert isinstance(raised.value, parlab.Error) and "\n" not in str(raised.value)
    with pytest.raises(parlab.BadInput) as raised:
        cells.OwnKernel("a", OWN).run(backend="opnemp")
    assert "did you mean 'openmp'" in str(raised.value) and "\n" not in str(raised.value)
    assert raised.value.__cause__ is None and raised.value.__suppress_context__
    with pytest.raises(parlab.Error, match="a quote .* is not closed"):
        cells.OwnKernel("a", OWN, "-DX='").check()


def test_what_fails_in_the_magic_is_said_without_a_traceback(shell: Any, capsys: Any) -> None:
    result = shell.run_cell("%%cpp\nint x = 1;\nx = y;")
    assert isinstance(result.error_in_exec, cells.CellFailed)
    said = capsys.readouterr().out
    assert "cell:3:5: error" in said and "x = y;" in said and "Traceback" not in said
    result = shell.run_cell("%%cpp -t 0.5\nfor (volatile int i = 0;; i = i + 1) {}")
    assert "longer than 0.5 s" in str(result.error_in_exec)
    result = shell.run_cell("%%cpp -k bad\nconstexpr int size = 3;")
    assert isinstance(result.error_in_exec, cells.CellFailed) and "bad" not in shell.user_ns
    assert isinstance(shell.run_cell(f"%%cpp -k no-name\n{OWN}").error_in_exec, parlab.BadInput)
