"""A cell's functions: what they take, and what is refused before C sees it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import parlab
import pytest
from parlab import cells

CELL = r'''
/* extern "C" int in_comment(int x) { return x; } */
#if 0
extern "C" int switched_off(int x) { return x; }
#endif
#define EXPORT extern "C"
EXPORT double total(const double* x,  // the numbers, (all)
                    size_t n /* how many */) { double s = 0; for (size_t i = 0; i < n; ++i) s += x[i]; return s; }
extern "C" {
void twice(std::uint32_t x[], unsigned long long int n) { for (unsigned i = 0; i < n; ++i) x[i] *= 2; }
std::int64_t back(int64_t x) noexcept { return x; }
unsigned char byte(uint8_t) { return 7; }
float half(float x) { return x / 2; }
bool is_not(bool x) { return !x; }
}
'''


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield cells.functions(CELL)


def test_what_is_code_is_bound(mine: SimpleNamespace) -> None:
    assert list(vars(mine)) == ["total", "twice", "back", "byte", "half", "is_not"]
    assert mine.total(np.arange(10.0), 10) == 45 and mine.half(3) == 1.5 and mine.is_not(False) is True
    numbers = np.arange(4, dtype="u4")
    mine.twice(numbers, 4)
    assert numbers.tolist() == [0, 2, 4, 6]
    assert "double total(const double* x" in repr(mine.total)


@pytest.mark.parametrize("number", [np.int64(-5), np.int8(-5), np.float32(-5), np.array(-5), -5.0, -5])
def test_numbers_of_numpy_are_numbers(mine: SimpleNamespace, number: Any) -> None:
    assert mine.back(number) == -5 and mine.half(number) == -2.5


@pytest.mark.parametrize("call, error, words", [
    (lambda f: f.back(2**63), ValueError, "x must be"),  # C would cut it
    (lambda f: f.byte(256), ValueError, "argument 1 must be 0 to 255"),
    (lambda f: f.total(np.zeros(3), -1), ValueError, "n must be 0"),
    (lambda f: f.back(1.5), TypeError, "whole number"),
    (lambda f: f.half("3"), TypeError, "must be a number"),
    (lambda f: f.back(np.ma.masked), TypeError, "mask"),
    (lambda f: f.total(np.ma.array([1.0, 2.0], mask=[0, 1]), 2), TypeError, "masked array"),
    (lambda f: f.total(np.zeros(3, "f4"), 3), TypeError, "astype"),
    (lambda f: f.total(np.zeros(6)[::2], 3), ValueError, "ascontiguousarray"),
    (lambda f: f.total([1.0], 1), TypeError, "numpy array"),
    (lambda f: f.twice(np.broadcast_to(np.uint32(3), 1), 1), ValueError, "read-only"),
    (lambda f: f.total(np.zeros(3)), TypeError, "takes 2 arguments, not 1"),
    (lambda f: f.back(1, 2), TypeError, "takes 1 arguments, not 2"),
])
def test_what_does_not_fit_is_refused(mine: SimpleNamespace, call: Any, error: type, words: str) -> None:
    with pytest.raises(error) as raised:
        call(mine)
    assert isinstance(raised.value, parlab.Error) and words in str(raised.value)
    assert "\n" not in str(raised.value) and raised.value.__cause__ is None


def test_an_axis_of_one_element_may_have_any_stride(mine: SimpleNamespace) -> None:
    assert mine.total(np.arange(7.0, 17)[::10], 1) == 7


@pytest.mark.parametrize("parameters", ["struct thing* x", "double** x", "double& x", "const char* x", "int (*x)(int)"])
def test_a_type_that_no_array_and_no_number_is_is_refused_before_compiling(parameters: str, monkeypatch: Any,
                                                                           tmp_path: Any) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(parlab.BadInput, match="cannot be bound") as raised:
        cells.functions(f'extern "C" int f({parameters}) {{ return 1; }}')
    assert "\n" not in str(raised.value) and not list((tmp_path / "parlab").iterdir())
