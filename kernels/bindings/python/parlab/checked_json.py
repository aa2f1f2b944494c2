"""Checked access to a JSON document: every complaint names the file and the field.

People act on these numbers, so a document is refused as a whole rather than shown in part: one
wrong field raises BadFile, whose text is the one line that the user gets. Fields that nobody asks
for are left alone. Imports nothing of the package: the report loads this file by itself.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

LARGEST = 1e300  # of a number that a file may hold; beyond it no float follows
RUN_AGAIN = "run the experiment again"
UNFINISHED_NUMBER = re.compile(r"(\.|\.?[0-9]*[eE][+-]?)")
UNFINISHED_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{0,4}$")
LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # or half of a whole one


class BadFile(Exception):
    """A file that cannot be used: which, where in it, and what to do."""

    def __init__(self, file: Path | str, problem: str, cure: str = RUN_AGAIN) -> None:
        self.problem = f"{problem}: {cure}" if cure else problem  # without the file
        super().__init__(f"{shown(file)}: {self.problem}")


def shown(name: Path | str) -> str:
    """A name as text on one line: what is no UTF-8 or no visible character by its number."""
    text = os.fsencode(str(name)).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode()
                   for letter in text)


def _ends_early(text: str, error: json.JSONDecodeError) -> bool:
    """Whether the text would go on as JSON: nothing is wrong but its end."""
    rest = text[error.pos:].rstrip()
    unfinished = any(word.startswith(rest) for word in ("null", "true", "false", "-"))
    return (unfinished or error.msg.startswith("Unterminated string")
            or bool(UNFINISHED_NUMBER.fullmatch(rest))
            or len(rest) <= 6 and bool(UNFINISHED_ESCAPE.search(text)))


def load_object(path: Path) -> "Fields":
    """The JSON object in a file, free of NaN and Infinity."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise BadFile(path, "is truncated in the middle of a character") from error
        raise BadFile(path, f"is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise BadFile(path, f"cannot be read ({error.strerror})", "") from error
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        where = path_of_position(text, error.pos)
        if _ends_early(text, error):
            raise BadFile(path, f"is truncated in {where or 'its first value'}") from error
        raise BadFile(path, f"is not JSON: {error.msg} in {where or 'its first value'} "
                            f"(line {error.lineno}, column {error.colno})") from error
    except (RecursionError, ValueError) as error:  # nested too deeply; thousands of digits
        raise BadFile(path, f"is not a result file ({error})") from error
    if LONE_SURROGATE.search(text):
        document = _without_surrogates(document)
    for where, value in numbers_in(document):
        if not math.isfinite(value):
            name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
            raise BadFile(path, f"{where} is {name}")
    if not isinstance(document, dict):
        raise BadFile(path, f"holds {kind_of(document)} where an object was expected")
    return Fields(path, "", document)


def _without_surrogates(value: Any) -> Any:
    """The value with a question mark for each half of a character, which no text can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return [_without_surrogates(item) for item in value] if isinstance(value, list) else value


def numbers_in(value: Any, where: str = "") -> Iterator[tuple[str, float]]:
    """Every floating-point number of a document with its path."""
    if isinstance(value, float):
        yield where, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from numbers_in(item, f"{where}.{name}" if where else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from numbers_in(item, f"{where}[{index}]")


def path_of_position(text: str, position: int) -> str:
    """The path of the value in which a position of a (broken) JSON text lies."""
    steps: list[str | int] = []  # a name for each open object, an index for each open array
    last_string, in_object = "", []
    for token in re.finditer(r'"((?:[^"\\]|\\.)*)"|[\[\]{}:,]', text[:position]):
        mark = token.group()
        if mark[0] == '"':
            last_string = token.group(1)
        elif mark in "{[":
            in_object.append(mark == "{")
            steps.append("" if mark == "{" else 0)
        elif mark in "}]" and steps:
            in_object.pop()
            steps.pop()
        elif mark == ":" and steps and in_object[-1]:
            steps[-1] = last_string
        elif mark == "," and steps:
            step = steps[-1]
            steps[-1] = step + 1 if isinstance(step, int) else ""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.strip(".")


def kind_of(value: Any) -> str:
    """What a JSON value is, in words for an error message."""
    if value is None:
        return "null"
    for kind, name in ((bool, "true or false"), (str, "a string"), (dict, "an object"),
                       (list, "a list")):
        if isinstance(value, kind):
            return name
    return "a number"


class Fields:
    """One JSON object, its file and its path in it."""

    def __init__(self, file: Path, path: str, values: dict[str, Any]) -> None:
        self.file, self.path, self.values = file, path, values

    def where(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, problem: str, cure: str = RUN_AGAIN) -> BadFile:
        """The complaint about a field, to be raised."""
        return BadFile(self.file, f"{self.where(name)} {problem}", cure)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.values.get(name) is not None

    def value(self, name: str) -> Any:
        if name not in self.values:
            raise self.refuse(name, "is missing")
        return self.values[name]

    def _typed(self, name: str, kinds: tuple[type, ...], expected: str) -> Any:
        value = self.value(name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.refuse(name, f"is {kind_of(value)}, not {expected}")
        if isinstance(value, (int, float)) and abs(value) > LARGEST:
            raise self.refuse(name, "is too large to be meant")
        return value

    def text(self, name: str) -> str:
        return str(self._typed(name, (str,), "a string"))

    def flag(self, name: str) -> bool:
        return bool(self._typed(name, (bool,), "true or false"))

    def number(self, name: str, above: float = -math.inf, at_least: float = -math.inf) -> float:
        """A number above one bound and not below another."""
        value = self._typed(name, (int, float), "a number")
        if value <= above or value < at_least:
            bound = f"above {above:g}" if value <= above else f"at least {at_least:g}"
            raise self.refuse(name, f"is {value:g}, not {bound}")
        return float(value)

    def whole(self, name: str, at_least: int = 0) -> int:
        """A whole number; one written with a fraction of zero counts."""
        value = self._typed(name, (int, float), "a whole number")
        if value != int(value) or value < at_least:
            raise self.refuse(name, f"is {value:g}, not a whole number of at least {at_least}")
        return int(value)

    def one_of(self, name: str, known: Sequence[str]) -> str:
        value = self.text(name)
        if value not in known:
            raise self.refuse(name, f'is "{value}", none of {", ".join(known)}', "the report knows "
                              "no such word; use the report of the same version as the program")
        return value

    def index(self, name: str, size: int) -> int:
        """The number of an element of a list of that size."""
        value = self.whole(name)
        if value >= size:
            raise self.refuse(name, f"is {value}, but there are only {size} results")
        return value

    def object(self, name: str) -> "Fields":
        return Fields(self.file, self.where(name), self._typed(name, (dict,), "an object"))

    def items(self, name: str) -> list["Fields"]:
        """A list as one-field objects named by their index, so that complaints read a[3]."""
        values = self._typed(name, (list,), "a list")
        return [_Item(self.file, f"{self.where(name)}[{i}]", v) for i, v in enumerate(values)]

    def objects(self, name: str) -> list["Fields"]:
        """A list of objects."""
        return [item.object("") for item in self.items(name)]

    def numbers(self, name: str, above: float = -math.inf) -> tuple[float, ...]:
        """A list of numbers, each above a bound."""
        return tuple(item.number("", above=above) for item in self.items(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(item.text("") for item in self.items(name))


class _Item(Fields):
    """One element of a list, read with an empty field name."""

    def __init__(self, file: Path, path: str, value: Any) -> None:
        super().__init__(file, path, {"": value})

    def where(self, name: str) -> str:
        return self.path
