"""A suite's folder as plain JSON: what the tests hold the report against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class RawResults:
    """The files of a folder, parsed and not interpreted."""

    def __init__(self, folder: Path) -> None:
        def load(name: str) -> Any:
            path = folder / name
            return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

        self.folder = folder
        self.suite: Document = load("suite.json")
        self.races: dict[str, Document] = {name: load(name) for name in self.suite["files"]}
        self.headlines: Document = load("headlines.json")
        self.micro: Document | None = load("micro.json")
        self.ports: Document | None = load("ports.json")

    @property
    def report(self) -> str:
        return (self.folder / "REPORT.md").read_text(encoding="utf-8")

    def race_named(self, name: str) -> Document:
        """The race whose section has that heading."""
        return next(race for race in self.races.values() if race["run"]["name"] == name)


def with_label(race: Document, label: str) -> Document:
    """The result of a race that bears a label."""
    return next(result for result in race["results"] if result["label"] == label)


def answer_of(result: Document) -> Any:
    """What was answered, without what it holds for a figure."""
    answer = result["answer"]
    return answer["got"] if isinstance(answer, dict) and "got" in answer else answer


def arms_of(race: Document) -> list[Document]:
    """All results but the baselines' second parts."""
    return [result for result in race["results"] if result["role"] != "baseline again"]


def offers_a_choice(race: Document) -> bool:
    """Whether a race's arms do the same work in ways to choose among: not so empty chunks, numbers of workers alone,
    and what parlab is compared with."""
    arms = arms_of(race)
    return not (race.get("scaling") or all(arm["size"] == arm["chunks"] for arm in arms)
                or any("part" in arm.get("facts", {}) for arm in arms))
