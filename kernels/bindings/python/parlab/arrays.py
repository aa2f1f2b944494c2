"""numpy arrays as the library takes them: where they lie, checked first."""

from __future__ import annotations

from ctypes import c_int64
from typing import Any

import numpy as np

from .arguments import refuse_mask
from .errors import BadInput, BadType, OutOfMemory
from .library import Array
from .shared import is_shared

DTYPES = {"float64": 1, "uint64": 2, "uint32": 3, "uint8": 4}


def described(name: str, array: Any, dtype: str, dimensions: int, written: bool) -> Array:
    """The array's description, which keeps the array alive. Raises BadType or BadInput."""
    if not isinstance(array, np.ndarray):
        raise BadType(f"{name} must be a numpy array of {dtype}, not {type(array).__name__}")
    refuse_mask(name, array)
    if array.dtype != np.dtype(dtype):
        raise BadType(f"{name} holds {array.dtype}, not {dtype}: convert it with "
                      f"{name}.astype(numpy.{dtype})")
    if array.ndim != dimensions:
        raise BadInput(f"{name} has {array.ndim} dimensions, not {dimensions}")
    if written and not array.flags.writeable:
        raise BadInput(f"{name} is read-only: pass an array that may be written")
    # Of an axis of one element the stride is never used; numpy leaves there what slicing made of it.
    strides = [stride for stride, length in zip(array.strides, array.shape) if length != 1]
    side_by_side = array.shape[-1:] == (1,) or array.strides[-1:] == (array.itemsize,)
    if array.size and (not side_by_side or min(strides, default=0) < 0):
        raise BadInput(f"{name} is not contiguous along its last dimension, or runs backwards (strides "
                       f"{array.strides} bytes): pass numpy.ascontiguousarray({name})")
    numbers = c_int64 * max(dimensions, 1)
    what = Array(array.ctypes.data, DTYPES[dtype], dimensions, numbers(*array.shape),
                 numbers(*array.strides), int(array.flags.writeable), int(is_shared(array)))
    what.keeps = array
    return what


def empty(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """A new array, not filled. Raises OutOfMemory."""
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError):  # ValueError: larger than the address space
        raise OutOfMemory(f"no memory for {dtype} of the shape {shape}: compute less at once") from None


def result(name: str, out: Any, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """`out` where it was given and has the right shape, else a new array."""
    if out is None:
        return empty(shape, dtype)
    if isinstance(out, np.ndarray) and out.shape != shape:
        raise BadInput(f"{name} has the shape {out.shape}, not {shape}")
    return out
