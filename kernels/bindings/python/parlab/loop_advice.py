"""What `parlab advise` says of a loop: which backend, workers and grain, how sure that is, and code for it.

    advice = parlab.advise("saxpy.hpp", budget="1min")
    advice            # the sentences
    advice.choice     # {"backend": "openmp", "schedule": "static", "workers": 2, "grain": 125000, ...}
    advice.write_header("parlab_choice.hpp")
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import races
from .exceptions import RunFailed


@dataclass(frozen=True)
class Advice:
    """A document of the schema parlab/1-advice. Times are seconds of one run."""

    document: dict[str, Any]

    @property
    def choice(self) -> dict[str, Any]:
        """The arm to use: backend, schedule, workers, grain and label; the backend is "serial" where nothing pays."""
        return self.document["choice"]

    @property
    def sentences(self) -> list[str]:
        """What to use, how sure that is, from which size it pays, what would change it."""
        return self.document["sentences"]

    @property
    def speedup(self) -> tuple[float, float | None, float | None]:
        """Over serial, in fresh rounds, with its interval's ends. Where the choice is serial: of the arm tried."""
        against = self.document["against_serial"]
        return against["ratio"], against["low"], against["high"]

    @property
    def records(self) -> list[dict[str, Any]]:
        """One per arm of the search, the fastest first."""
        return [{name: arm[name] for name in ("label", "backend", "schedule", "workers", "grain", "seconds", "rounds",
                                              "as_good", "failure")} for arm in self.document["considered"]]

    @property
    def header(self) -> str:
        """A C++17 header that runs the loop as advised, without parlab."""
        return self.document["header"]

    def write_header(self, path: str | Path = "parlab_choice.hpp") -> None:
        """Writes the header."""
        Path(path).write_text(self.header, encoding="utf-8")

    def to_frame(self) -> Any:
        """The records as a pandas.DataFrame."""
        return races.frame_of(self.records)

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        return "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)


def _read(path: Path) -> Advice:
    document = json.loads(path.read_text(encoding="utf-8"))
    if document.get("schema") != "parlab/1-advice":
        raise RunFailed(f"parlab advise wrote {document.get('schema')!r}: program and package differ in version")
    return Advice(document)


def advise(_experiment: str, kernel: str, **options: Any) -> Advice:
    """`parlab advise KERNEL` with its options, as races.run() takes them."""
    return races.measured(["advise", kernel], races.words_of(options), _read,
                          lambda advice: f"advise: {len(advice.records)} arms in "
                                         f"{advice.document['elapsed_seconds']:.1f} s",
                          quiet=bool(options.get("quiet")))
