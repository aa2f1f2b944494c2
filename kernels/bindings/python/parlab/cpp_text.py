"""What stands where in a text of C++: comments, quotes, directives, functions. Not a parser, and no macro is
expanded. Whatever is blanked keeps its place: the lines and columns of the rest stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

# What may hold anything, so also what looks like code; names and numbers for the quotes in them: R"(", 1'000.
SPAN = re.compile(r"""
    (?P<comment> //(?:\\\n|[^\n])* | /\*.*?(?:\*/|\Z) )
  | (?P<header> (?<=include)[ \t]*(?:<[^>\n]*>|"[^"\n]*") )
  | (?P<raw> (?:u8|[uUL])?R"(?P<end>[^()\\\s]{0,16})\(.*?\)(?P=end)" )
  | (?P<quote> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+' )
  | (?P<number> \.?[0-9](?:(?<=[eEpP])[+-]|'?[\w.])* )
  | (?P<name> [A-Za-z_]\w* )
""", re.DOTALL | re.VERBOSE)
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w*)((?:\\\n|[^\n])*)", re.MULTILINE)
ATTRIBUTE = re.compile(r"\[\[.*?\]\]|__attribute__\s*\(\(.*?\)\)", re.DOTALL)
EXTERN_C = re.compile(r'\bextern\s*"C"\s*')
# What may stand between a function's parameters and its body.
BODY = re.compile(r"\s*(?:noexcept\s*(?:\([^()]*\)\s*)?)?(?:->(?P<back>[^{};()]*))?(?:\btry\s*)?\{")


class Directive(NamedTuple):
    """A line of the preprocessor's, with those that go on from it, without comments."""

    name: str
    text: str
    begin: int
    taken: bool  # what follows is not left out by `#if 0`

    @property
    def end(self) -> int:
        """One past its last character."""
        return self.begin + len(self.text)


class Function(NamedTuple):
    """A function that is defined; types and parameters as they stand there."""

    back: str
    name: str
    parameters: str


def clean(text: str) -> str:
    """A cell as a compiler takes it: without a byte order mark, lines that end in a newline alone, and
    no `#pragma once`, which is for headers."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return blanked(text, (line for line in directives(text)
                          if line.name == "pragma" and line.text.split()[-1] == "once"))


def blanked(text: str, lines: Iterable[Directive]) -> str:
    """The text without these directives."""
    for line in lines:
        text = text[:line.begin] + _blank(line.text) + text[line.end:]
    return text


def directives(text: str) -> list[Directive]:
    """All of them, in order."""
    found, plain = [], _without(text, "comment")
    around: list[tuple[bool, bool]] = []  # of each #if: what is around is taken; a branch before was for sure
    taken = True
    for line in DIRECTIVE.finditer(_without(text, "comment", "raw", "quote")):
        name = line[1]
        if name in ("if", "ifdef", "ifndef"):
            holds = _known(line[2]) if name == "if" else None
            around.append((taken, holds is True))
            taken = taken and holds is not False
        elif name.startswith("el") and around:
            outer, decided = around[-1]
            holds = {"elif": _known(line[2]), "else": True}.get(name)
            around[-1] = (outer, decided or holds is True)
            taken = outer and not decided and holds is not False
        elif name == "endif" and around:
            taken = around.pop()[0]
        found.append(Directive(name, plain[line.start():line.end()], line.start(), taken))
    return found


def _known(condition: str) -> bool | None:
    """Whether `#if condition` is taken, where it is a constant."""
    word = condition.strip().strip("()").strip()
    return {"0": False, "false": False, "1": True, "true": True}.get(word)


def code(text: str) -> str:
    """The text with blanks for comments, for what quotes hold but in `extern "C"`, for directives, and for
    what `#if 0` leaves out."""
    pieces, done, taken = [], 0, True
    plain = _without(text, "comment", "raw", "quote")
    for line in directives(text):
        between = plain[done:line.begin]
        pieces += [between if taken else _blank(between), _blank(line.text)]
        done, taken = line.end, line.taken
    pieces.append(plain[done:] if taken else _blank(plain[done:]))
    return "".join(pieces)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _without(text: str, *kinds: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        span, kind = found[0], found.lastgroup
        if kind == "comment" and kind in kinds:
            return _blank(span)
        if kind not in kinds or span == '"C"' and text[:found.start()].rstrip().endswith("extern"):
            return span
        return span[0] + _blank(span[1:-1]) + span[-1]

    return SPAN.sub(replaced, text)


def _without_attributes(text: str) -> str:
    return ATTRIBUTE.sub(lambda found: _blank(found[0]), code(text))


def has_main(text: str) -> bool:
    """Whether the text defines main(): not in a comment or a class, not a longer name, not a call."""
    plain = _without_attributes(text)
    return any(not plain[:found.start()].rstrip().endswith((".", "->", "::"))
               and _depth(plain[:found.start()]) == 0
               and BODY.match(plain, _closing(plain, found.end() - 1))
               for found in re.finditer(r"\bmain\s*\(", plain))


def _depth(before: str) -> int:
    """How many brackets are open at the end; those of `extern "C" {` do not count."""
    opened: list[int] = []
    for found in re.finditer(r'("C"\s*)?[{(\[]|[)\]}]', before):
        if found[0][-1] in "([{":
            opened.append(0 if found[1] else 1)
        elif opened:
            opened.pop()
    return sum(opened)


def _closing(plain: str, opening: int) -> int:
    """One past the bracket that closes the one there; the end where none does."""
    depth = 0
    for place in range(opening, len(plain)):
        depth += (plain[place] in "([{") - (plain[place] in ")]}")
        if depth == 0:
            return place + 1
    return len(plain)


def functions(text: str) -> list[Function]:
    """The functions that are defined as extern "C", each by itself or several in braces."""
    plain, found, place = _without_attributes(text), [], 0
    while opening := EXTERN_C.search(plain, place):
        place = opening.end()
        if plain[place:place + 1] != "{":
            function, place = _declaration(plain, place, len(plain))
            found.append(function)
            continue
        end, place = _closing(plain, place) - 1, place + 1
        while place < end:
            function, place = _declaration(plain, place, end)
            found.append(function)
    return [function for function in found if function]


def _declaration(plain: str, place: int, end: int) -> tuple[Function | None, int]:
    """What is declared there, if it is a function with a body; and where the next declaration begins."""
    sign = re.compile(r"[({;=]").search(plain, place, end)
    if not sign or sign[0] == ";":
        return None, sign.end() if sign else end
    after = _closing(plain, sign.start()) if sign[0] in "({" else sign.end()
    head = re.fullmatch(r"(.*[\s*&])(\w+)\s*", plain[place:sign.start()].lstrip(), re.DOTALL)
    body = BODY.match(plain, after, end) if sign[0] == "(" else None
    if body:
        after = _closing(plain, body.end() - 1)
        if head and not re.search(r"\bstatic\b", head[1]):
            return Function(body["back"] or head[1], head[2], plain[sign.end():_closing(plain, sign.start()) - 1]), after
        return None, after
    while after < end and plain[after] != ";" and sign[0] != "{":
        after = _closing(plain, after) if plain[after] in "({[" else after + 1
    return None, min(after + 1, end) if sign[0] != "{" else after
