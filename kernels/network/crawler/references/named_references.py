#!/usr/bin/env python3
"""Writes named_references.txt: the named character references of HTML (13.5), as Python's html.entities has them.

A line a name: the name, `bare` where it also counts without a semicolon, and its one or two code points.
With --check nothing is written, and the exit code is 1 where the file is not what would be written.
"""

import html.entities
import pathlib
import sys


def table() -> str:
    lines = []
    for name, text in sorted(html.entities.html5.items()):
        if not name.endswith(";"):
            continue  # stands beside the same name with it
        name = name.removesuffix(";")
        bare = ["bare"] if name in html.entities.html5 else []
        lines.append(" ".join([name, *bare, *(f"{ord(character):X}" for character in text)]))
    return "\n".join(lines) + "\n"


def main() -> int:
    file = pathlib.Path(__file__).with_suffix(".txt")
    if "--check" not in sys.argv[1:]:
        file.write_text(table())
    elif file.read_text() != table():
        print(f"{file} differs; run {pathlib.Path(__file__).name}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
