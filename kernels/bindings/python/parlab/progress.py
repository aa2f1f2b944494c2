"""Progress, in one line that is rewritten: in a notebook below the cell, else on a terminal."""

from __future__ import annotations

import sys
from typing import Any


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


class Progress:
    """A line; nothing where nobody would see it rewritten."""

    def __init__(self, visible: bool = True) -> None:
        self._handle: Any = None
        self._notebook = visible and _in_notebook()
        self._terminal = visible and not self._notebook and sys.stderr is not None and sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Rewrites the line."""
        if self._notebook:
            from IPython.display import display
            shown = {"text/plain": text}
            if self._handle is None:
                self._handle = display(shown, raw=True, display_id=True)
            else:
                self._handle.update(shown, raw=True)
        elif self._terminal:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    def end(self, text: str = "") -> None:
        """Clears a terminal's line; in a notebook `text` takes its place."""
        if self._notebook and self._handle is not None:
            self.show(text)
        elif self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
