"""Masked arrays: a call would read what is masked, and the answer would not show it."""

from __future__ import annotations

from typing import Any

from numpy.ma import MaskedArray


def refuse_masks(*arrays: Any) -> None:
    """Raises TypeError where one is a masked array. Not asked for arrays of numpy's own class: it costs time."""
    if any(isinstance(array, MaskedArray) for array in arrays):
        raise TypeError("a masked array was given, and its mask would be lost: pass array.filled(...)")
