"""Arguments as callers pass them, checked: Python's numbers, numpy's, and arrays without dimensions."""

from __future__ import annotations

import math
import numbers
import operator
from typing import Any

import numpy as np

from .errors import BadInput, BadType

LONGEST = 2**64 - 1
SHOWN = 80  # characters of a wrong value that a message quotes


def shown(value: Any) -> str:
    """A wrong value, short and in one line."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of the shape {value.shape}"
    words = " ".join(repr(value).split())
    return words if len(words) <= SHOWN else words[:SHOWN - 3] + "..."


def refuse_mask(name: str, value: Any) -> None:
    """Raises BadType for a masked array: its mask would be lost."""
    if isinstance(value, np.ma.MaskedArray):
        raise BadType(f"{name} is a masked array, and its mask would be lost: pass {name}.filled(...), "
                      f"or {name}.data for all elements")


def plain(name: str, value: Any) -> Any:
    """A number or a string of numpy's as Python's own; anything else as it is. Raises BadType for a
    masked one, and for a span of time, which numpy takes for a whole number."""
    refuse_mask(name, value)
    if isinstance(value, np.timedelta64):
        raise BadType(f"{name} must be a number, not the span of time {value}")
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0 and value.dtype.kind in "biufcU":
        return value.item()
    return value


def whole(name: str, value: Any, least: int = 0, most: int = LONGEST) -> int:
    """A whole number of [least, most], also as 1e8. Raises BadType or BadInput."""
    number = value if type(value) is int else _whole(name, value)
    if not least <= number <= most:
        raise BadInput(f"{name} must be {least} to {most}, not {shown(number)}")
    return number


def _whole(name: str, value: Any) -> int:
    number = plain(name, value)
    if not isinstance(number, bool):
        try:
            return operator.index(number)
        except TypeError:  # a float
            if isinstance(number, numbers.Real) and number % 1 == 0:
                return int(number)
    raise BadType(f"{name} must be a whole number, not {shown(value)}")


def real(name: str, value: Any) -> float:
    """A finite number. Raises BadType or BadInput."""
    number = plain(name, value)
    if isinstance(number, bool) or not isinstance(number, numbers.Real):
        raise BadType(f"{name} must be a number, not {shown(value)}")
    return _finite(name, number, float)


def complex_number(name: str, value: Any) -> complex:
    """A complex number. Raises BadType or BadInput."""
    number = plain(name, value)
    if isinstance(number, bool) or not isinstance(number, numbers.Complex):
        raise BadType(f"{name} must be a complex number, not {shown(value)}")
    return _finite(name, number, complex)


def _finite(name: str, number: Any, kind: Any) -> Any:
    try:
        result = kind(number)
    except OverflowError:  # an int of some hundred digits
        result = math.inf
    if not (math.isfinite(result.real) and math.isfinite(result.imag)):
        raise BadInput(f"{name} must be finite, not {shown(number)}")
    return result


def lengths(name: str, shape: Any, dimensions: int = 1) -> tuple[Any, ...]:
    """The lengths of (rows, columns), a list or an array of one dimension. A number is the length in
    each of `dimensions`. Raises BadType for a masked array."""
    refuse_mask(name, shape)
    if isinstance(shape, (tuple, list)) or isinstance(shape, np.ndarray) and shape.ndim == 1:
        return tuple(shape)
    return (shape,) * dimensions


def text(name: str, value: Any) -> bytes:
    """A name for the library. Raises BadType."""
    if not isinstance(value, str) or "\0" in value:
        raise BadType(f"{name} must be a string such as \"tbb:auto\", not {shown(value)}")
    return value.encode(errors="replace")
