"""Numbers as callers have them: Python's, numpy's, arrays without dimensions; and masks, which no answer tells of."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import parlab
import pytest
from parlab.arguments import complex_number, real, shown, whole
from parlab.races import _option


@pytest.mark.parametrize("number", [1000, 1e3, np.int64(1000), np.uint16(1000), np.float32(1e3), np.float16(1e3),
                                    np.longdouble(1000), np.array(1000), np.array(1e3), Fraction(1000)])
def test_a_whole_number_is_one_whoever_made_it(number: Any) -> None:
    assert whole("n", number) == 1000 and type(whole("n", number)) is int
    assert parlab.count_darts(number, seed=np.uint64(7), grain=number, workers=np.int8(1)) == 784
    assert parlab.count_primes(np.int32(0), number) == 168 and real("x", number) == 1000.0
    assert complex_number("c", number) == 1000


@pytest.mark.parametrize("number", [True, np.True_, np.array(True), 1.5, np.float64(1.5), float("inf"), np.nan, "3", None,
                                    [3], np.array([3]), 2j, np.timedelta64(5, "s"), np.longdouble(2**60) + 0.5,
                                    np.ma.masked, np.ma.array(5, mask=True), np.ma.array(5), object()])
def test_what_is_no_whole_number_is_refused(number: Any) -> None:
    with pytest.raises(parlab.BadType) as raised:
        whole("n", number)
    assert "n " in str(raised.value) and "\n" not in str(raised.value)


def test_sizes_come_from_numpy_too() -> None:
    assert parlab.julia(np.int16(3)).shape == parlab.julia(np.array(3)).shape == (3, 3)
    assert parlab.julia(np.array([2, 3]), most_steps=np.uint32(9), left=np.float32(-1.5), c=np.complex64(1j)).shape == (2, 3)
    assert parlab.is_prime(np.array(7, np.uint8)) is True and parlab.is_prime(np.int32(8)) is False
    assert parlab.is_prime(range(8)).tolist() == [False, False, True, True, False, True, False, True]
    assert parlab.smallest_factor(np.int64(91)) == 7
    for n in (np.float32(9), np.array(9.0)):
        with pytest.raises(parlab.BadType, match="every digit"):
            parlab.smallest_factor(n)
    plate = np.random.default_rng(1).random((9, 9))
    now = parlab.diffusion(plate, np.int32(5), rate=np.float64(0.2), depth=np.uint8(2))
    assert np.array_equal(now, parlab.diffusion(plate, 5, rate=0.2))
    array = parlab.shared_array(np.array([np.int64(2), 3]))
    assert array.shape == (2, 3) and parlab.shared_array(np.uint16(4)).shape == (4,)


def test_a_small_integer_of_numpy_does_not_overflow_what_is_made_of_it() -> None:
    plate = np.zeros((300, 300))
    assert parlab.diffusion(plate, np.int16(1), backend="threads", workers=np.int16(2)).shape == (300, 300)
    assert parlab.julia(300, most_steps=np.uint8(200)).max() == 200


@pytest.mark.parametrize("value, word", [
    (np.int64(100000), "100000"), (np.float32(1e5), "100000"), (1e7, "10000000"), (0.5, "0.5"), (np.float64(0.25), "0.25"),
    ([np.int64(1), 2.0], "1,2"), (np.array([1000, 2000]), "1000,2000"), (range(1, 4), "1,2,3"), ((1, "auto"), "1,auto"),
    (np.array(["tbb", "openmp"]), "tbb,openmp"), (np.str_("tbb"), "tbb"), ((n for n in (1, 2)), "1,2"), (np.array(5), "5"),
])
def test_an_option_takes_numbers_and_lists_of_them(value: Any, word: str) -> None:
    assert _option("some_name", value) == [f"--some-name={word}"]


def test_a_switch_is_on_or_off() -> None:
    for on, off in ((True, False), (np.True_, np.False_), (np.array(True), np.array(False))):
        assert _option("quiet", on) == ["--quiet"] and _option("quiet", off) == []


@pytest.mark.parametrize("value", [None, object(), b"tbb", {"a": 1}, {1, 2}, 2j, [True], np.zeros((2, 2)),
                                   np.ma.array([1, 2], mask=[0, 1]), np.datetime64("2020")])
def test_what_no_option_takes_is_refused_in_one_line(value: Any) -> None:
    with pytest.raises(parlab.BadType) as raised:
        _option("darts", value)
    assert str(raised.value).startswith("darts") and "\n" not in str(raised.value)


def test_a_number_too_large_for_a_double_is_refused() -> None:
    for call in (lambda: real("rate", 10**400), lambda: complex_number("c", 10**400), lambda: real("rate", np.inf)):
        with pytest.raises(parlab.BadInput, match="must be finite"):
            call()


def test_a_wrong_value_is_shown_in_one_short_line() -> None:
    assert shown("a\nb" * 100).count("\n") == 0 and len(shown("x" * 1000)) <= 80
    assert shown(np.zeros((400, 3))) == "an array of the shape (400, 3)"


MASKED = np.ma.array([2, 3, 4], mask=[0, 1, 0], dtype=np.uint64)
MASKED_PLATE = np.ma.masked_less(np.zeros((4, 4)), 0)  # nothing is masked: it is refused all the same


@pytest.mark.parametrize("call", [
    lambda: parlab.is_prime(MASKED), lambda: parlab.is_prime(np.zeros(3, "u8"), out=np.ma.zeros(3, "u1")),
    lambda: parlab.is_prime([2, np.ma.masked]), lambda: parlab.diffusion(MASKED_PLATE, 1),
    lambda: parlab.diffusion(np.zeros((4, 4)), 1, out=np.ma.zeros((4, 4))),
    lambda: parlab.julia(out=np.ma.zeros((4, 4), "u4")), lambda: parlab.julia(np.ma.array([3, 3])),
    lambda: parlab.julia(3, c=np.ma.masked), lambda: parlab.diffusion(np.zeros((4, 4)), 1, rate=np.ma.array(0.1)),
    lambda: parlab.shared_array(np.ma.array([3])), lambda: parlab.run("pi", darts=np.ma.array([1000])),
], ids=range(11))
def test_a_mask_is_never_lost(call: Any) -> None:
    with pytest.raises(parlab.BadType, match="mask"):
        call()
