"""What parlab raises: each is also one of Python's own exceptions."""

from __future__ import annotations


class Error(Exception):
    """The base of all errors that parlab raises."""


class BadInput(Error, ValueError):
    """An argument has a wrong value; nothing was computed."""


class BadType(Error, TypeError):
    """An argument is of a wrong type, or an array of a wrong dtype; nothing was computed."""


class RunFailed(Error, RuntimeError):
    """The run failed: a worker died, a thread could not be started."""


class OutOfMemory(Error, MemoryError):
    """Out of memory, or of shared memory."""
