"""Two calls of parlab's C library by each method that Python has to call C, to see what a call costs.

    from parlab_calls import by_pybind11
    by_pybind11.count_darts(1000, seed=7)
    by_pybind11.is_prime(numbers, out)      # uint64 and uint8, 1-D, contiguous: in place

by_ctypes and by_cffi_abi need no compiler, by_cffi_api, by_cython and by_pybind11 are compiled where
the build found what they need. All run on the backend serial, release the GIL during a call, convert
and copy nothing, and raise an exception for an array that they cannot use as it is. A module has one
handle: calls that two threads make at once take turns. `import parlab` is the package for work: all
kernels on all backends, with Ctrl-C and messages that say what to do.
"""

from __future__ import annotations

import importlib
from types import ModuleType

WAYS = ("by_pybind11", "by_cython", "by_cffi_api", "by_cffi_abi", "by_ctypes")


def available() -> dict[str, ModuleType]:
    """The modules that were built and that this Python can import, by name."""
    found = {}
    for name in WAYS:
        try:
            found[name] = importlib.import_module(f"{__name__}.{name}")
        except ImportError:
            continue
    return found
