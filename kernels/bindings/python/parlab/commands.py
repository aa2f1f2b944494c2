"""Commands raced: whole programs, each run started anew.

    race = parlab.race(["sort numbers.txt", ["./prog", "--threads", "2"]], metric="cpu", budget="20s")
    race = parlab.race({"old": "./old data", "new": "./new data"}, same_output=True, fail_on="slower=5%")
    race = parlab.race(["./prog {n}"], lists={"n": [10, 100]}, env={"OMP_NUM_THREADS": 2})
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .arguments import shown
from .exceptions import BadInput, BadType
from .races import Race, _option, _words, raced


def race(commands: Any, **options: Any) -> Race:
    """Races commands as `parlab race` does; the first is the baseline.

    commands: a list, or a dict of names and commands. A command is a string, which is split as a shell splits it
    and run by sh where it needs one, or a list of the program and its arguments. Options are those of `parlab race
    --help`, with _ for -; env is a dict (None unsets a variable), lists a dict of names and values, each of which
    stands in place of {name}.
    Where a command failed the race is returned all the same: its record and `ok` say so. Raises BadInput and
    BadType."""
    named = isinstance(commands, Mapping)
    if isinstance(commands, (str, bytes, os.PathLike)) or not (named or isinstance(commands, (list, tuple))):
        raise BadType(f"commands must be a list of commands, or a dict of names and commands, not {shown(commands)}")
    behind = [word for command in (commands.values() if named else commands)
              for word in ["--", *_command(command)]]
    words = [f"--name={_text('a name', name)}" for name in commands] if named else []
    for name, value in options.items():
        words += _words_of(name, value)
    return raced(["race"], words, behind, quiet=bool(options.get("quiet")))


def _text(what: str, value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise BadType(f"{what} must be a string, not {shown(value)}")
    text = os.fspath(value)
    if not isinstance(text, str) or "\0" in text:
        raise BadType(f"{what} must be a string without zero bytes, not {shown(value)}")
    return text


def _command(command: Any) -> list[str]:
    if isinstance(command, (list, tuple)):
        words = [_text("a word of a command", word) for word in command]
    else:
        words = [_text("a command", command)]
    if "--" in words:
        raise BadInput("a word of a command may not be --, which ends one: write the command as one string")
    return words


def _words_of(name: str, value: Any) -> list[str]:
    """An option as the program takes it. Raises BadType."""
    if name not in ("env", "lists"):
        return _option(name, value)
    if not isinstance(value, Mapping):
        raise BadType(f"{name} must be a dict, not {shown(value)}")
    if name == "env":
        return [f"--env={_text('env', key)}" + ("" if item is None else f"={_words(f'env: {key}', item)}")
                for key, item in value.items()]
    return [word for key, item in value.items()
            for word in ("--list", _text("lists", key), _words(f"lists: {key}", item))]
