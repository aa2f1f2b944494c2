"""Checks of the report's grid: which backend when."""

from __future__ import annotations

import re

import table_checks as checks
from raw_results import Document, RawResults, arms_of, offers_a_choice
from report_page import NUMBER, PERCENT, shows, shows_interval, value_of

HEADS = ["race", "case", "fastest", "speed-up"]


def percent_is(text: str, fraction: float) -> bool:
    """Whether `3 %` is that fraction."""
    return shows(text.split("\u202f")[0], 100 * fraction, digits=9)


def check_grid(rows: list[list[str]], heads: list[str], results: RawResults) -> None:
    """Each row names a group's fastest arm, and all others once, under what their times say."""
    name, margin = "", next(iter(results.races.values()))["run"]["margin"]
    assert percent_is(re.search(PERCENT, heads[4])[0], margin)
    groups = [(race, [arm for arm in arms_of(race) if arm["group"] == group])
              for race in results.races.values()
              if offers_a_choice(race) and not all(arm["unit"] == "calls" for arm in arms_of(race))
              for group in dict.fromkeys(arm["group"] for arm in arms_of(race)
                                         if arm["role"] == "arm" and not arm.get("paced"))]
    assert len(rows) == len(groups)
    for row, (race, group) in zip(rows, groups, strict=True):
        name = row[0] or name
        assert name == "[{0}](#{0})".format(race["run"]["name"])
        assert is_case(row[1], group), row[1]
        check_choice(row, race, group)


def is_case(case: str, group: list[Document]) -> bool:
    """Whether a case's numbers are the sizes, counts and parameters that its arms share."""
    for arm in (arm for arm in group if arm["role"] == "arm"):
        named = {arm["unit"].removesuffix("s"): arm["size"], "chunk": arm["chunks"],
                 "worker": arm["workers"]}
        others = {value_of(str(value)) for value in arm["parameters"].values()
                  if re.fullmatch(NUMBER, str(value))}
        for number, word in re.findall(rf"(?<![\w.])({NUMBER})(?![\w.])(?: (\w+))?", case):
            known = {named[word.removesuffix("s")]} if word.removesuffix("s") in named else others
            if value_of(number) not in known:
                return False
    return True


def check_choice(row: list[str], race: Document, group: list[Document]) -> None:
    """The cells behind a case."""
    fastest, speedup, equal, unresolved, slower = (cell.replace("\u00a0", " ") for cell in row[2:])
    if fastest.startswith(checks.WITHHELD):
        assert any(arm["comparison"] and fastest.startswith(arm["comparison"]["verdict"])
                   for arm in group)
        return
    best = checks.best_of(race, group[0])
    assert set(checks.unescaped(fastest.strip("*")).split()) <= checks.words_of(best)
    base = checks.base_of(race, best)
    if best is base:
        assert speedup == "is the baseline"
    else:
        outcome = checks.compare(race, base, best)
        number, _, interval = speedup.partition(" ")
        assert shows(number, outcome.ratio)
        assert shows_interval(interval, outcome.interval.low, outcome.interval.high)
    others = {arm["label"]: arm for arm in group if arm["ok"] and arm is not best}
    outcomes = {label: checks.compare(race, best, arm) for label, arm in others.items()}
    check_names(equal, others, {k: o.ratio for k, o in outcomes.items()
                                if o.verdict == "equivalent"})
    check_names(unresolved, others, {k: o.ratio for k, o in outcomes.items()
                                     if o.verdict in ("not resolved", "too few rounds", "faster")})
    check_slower(slower, race, best, list(others.values()))


def check_names(cell: str, arms: dict[str, Document], ratios: dict[str, float]) -> None:
    """The cell names these arms, the fastest of them first, and counts those that it leaves out."""
    left = dict(ratios)
    for name in [] if cell == "–" else re.split(", | and ", cell):
        if name.endswith(" more"):
            assert int(name.removesuffix(" more")) == len(left)
            left.clear()
            break
        fastest = max(left, key=lambda label: left[label])
        assert set(checks.unescaped(name).split()) <= checks.words_of(arms[fastest]), name
        left.pop(fastest)
    assert not left, cell


def check_slower(cell: str, race: Document, best: Document, others: list[Document]) -> None:
    """Slower arms with their speed against the fastest, some worker counts as a whole."""
    left = {arm["label"]: checks.compare(race, best, arm) for arm in others}
    left = {label: outcome for label, outcome in left.items()
            if outcome.verdict in ("slower", "differs")}
    for part in [] if cell == "–" else cell.split("; "):
        if whole := re.fullmatch(r"all on (\d+) workers?", part):
            of = [arm for arm in others if arm["workers"] == int(whole[1])]
            assert of and all(left.pop(arm["label"]).verdict == "slower" for arm in of)
        elif more := re.fullmatch(rf"(\d+) more down to ({NUMBER})", part):
            assert shows(more[2], min(outcome.ratio for outcome in left.values()))
        else:
            name, number, barely = re.fullmatch(
                rf"(.+) ({NUMBER})(?:, perhaps < ({PERCENT}))?", part).groups()
            assert not barely or percent_is(barely, race["run"]["margin"])
            chunks = re.search(r"([\d\u202f]+) chunks?$", name)
            fitting = [arm["label"] for arm in others if arm["label"] in left
                       and (not chunks or int(chunks[1].replace("\u202f", "")) == arm["chunks"])
                       and set(name.split()) <= checks.words_of(arm)
                       and (left[arm["label"]].verdict == "differs") == bool(barely)
                       and shows(number, left[arm["label"]].ratio)]
            assert fitting, part
            left.pop(fitting[0])
    hidden = re.search(r"(\d+) more", cell)
    assert len(left) == (int(hidden[1]) if hidden else 0)
