"""Cells of C++: compiled once, run as programs or bound as functions over numpy, or raced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import parlab
import pytest
from parlab import cells


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


def test_an_own_kernel_is_raced_with_its_answers_checked() -> None:
    race = cells.OwnKernel("squares", OWN).run(backend=["serial", "threads", "processes"], workers=2,
                                               rounds=2)
    assert race.ok and {record["answer"] for record in race.records} == {332833500}
    right = OWN + "std::uint64_t expected() { return 332833500; }\n"
    assert cells.OwnKernel("squares", right).compare(backend=["serial", "threads"], workers=2, rounds=2).ok
    wrong = OWN + "std::uint64_t expected() { return 1; }\n"
    race = cells.OwnKernel("squares", wrong).run(backend="serial", rounds=2)
    assert not race.ok and "wrong answer" in race.records[0]["cause"]


def test_an_own_kernel_that_cannot_be_is_refused() -> None:
    with pytest.raises(parlab.BadInput, match="does not compile"):
        cells.OwnKernel("bad", "constexpr int size = 3;").run(backend="serial")
    with pytest.raises(parlab.BadInput, match="size is 0"):
        cells.OwnKernel("bad", OWN.replace("1000", "0")).run(backend="serial")
