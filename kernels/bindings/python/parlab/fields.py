"""Kernels whose answers are arrays of two dimensions: Julia sets, diffusion."""

from __future__ import annotations

from ctypes import byref, c_uint64

import numpy as np

from .arguments import complex_number, lengths, real, shown, text, whole
from .arrays import described, result
from .exceptions import BadInput, BadType
from .library import Backend, call

MOST_SIDE = 10**6  # pixels


def julia(shape: int | tuple[int, int] = 1000, *, left: float = -1.8, top: float = 1.8,
          width: float = 3.6, c: complex = -0.62772 - 0.42193j, most_steps: int = 300,
          out: np.ndarray | None = None, variant: str = "simd", backend: str = "serial",
          workers: int | None = None, grain: int | None = None,
          hold_gil: bool = False) -> np.ndarray:
    """The steps of z -> z**2 + c until |z| >= 2, at most most_steps, for each pixel of a picture.

    shape: (rows, columns), or the side of a square. left, top: the point of the first pixel; width:
    from the first column to one past the last, in units of the plane; rows go down in equal steps.
    variant: simd or scalar. Returns `out` or a new array: uint32 of that shape."""
    if out is not None and not isinstance(out, np.ndarray):
        raise BadType(f"out must be a numpy array of uint32, not {type(out).__name__}")
    sides = out.shape if out is not None else lengths("shape", shape, 2)
    if len(sides) != 2:
        raise BadInput(f"shape must be a side or (rows, columns), not {shown(sides)}")
    rows, columns = (whole("shape", side, 0, MOST_SIDE) for side in sides)
    picture = result("out", out, (rows, columns), "uint32")
    point, most = complex_number("c", c), whole("most_steps", most_steps, 0, 2**32 - 1)
    call("parlab_julia", Backend.named(backend, workers),
         (byref(described("out", picture, "uint32", 2, True)), real("left", left), real("top", top),
          real("width", width) / max(columns, 1), point.real, point.imag,
          most, text("variant", variant), _grain(grain), byref(c_uint64())), hold_gil,
         rows * columns * most < 100_000)
    return picture


def diffusion(plate: np.ndarray, steps: int, *, rate: float = 0.1, depth: int | None = None,
              edges: str = "fixed", out: np.ndarray | None = None, variant: str = "tiled",
              backend: str = "serial", workers: int | None = None, grain: int | None = None,
              hold_gil: bool = False) -> np.ndarray:
    """Heat `steps` steps after `plate` (float64, rows x columns, each row contiguous).

    A step: next = centre + rate * (sum of the four neighbours - 4 * centre), with rate = D dt / dx**2,
    stable up to 0.25. edges: fixed, edge cells keep their values; or periodic, opposite edges are neighbours.
    depth: steps per sweep through memory of the variant tiled (None: 16).
    variant: those of diffusion in parlab.kernels() but stream. Returns `out` or a new array of the same
    shape; `plate` stays as it is, so it may not overlap `out`."""
    source = described("plate", plate, "float64", 2, False)
    target, number = result("out", out, plate.shape, "float64"), whole("steps", steps)
    call("parlab_diffusion_with_edges", Backend.named(backend, workers),
         (byref(source), byref(described("out", target, "float64", 2, True)), real("rate", rate),
          number, 0 if depth is None else whole("depth", depth, 1, 64),
          text("edges", edges), text("variant", variant), _grain(grain)), hold_gil,
         plate.size * number < 100_000)
    return target


def _grain(grain: int | None) -> int:
    return 0 if grain is None else whole("grain", grain, 1)
