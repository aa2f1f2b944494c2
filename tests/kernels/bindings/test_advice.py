"""Advice from Python, by the program's own races."""

from __future__ import annotations

from pathlib import Path

import parlab
import pytest

LOOP = """
const auto size = parlab::parameter("size", 50'000ull);
auto kernel = [](std::uint64_t i) { return i * i % 7; };
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_it_is_a_choice_with_reasons_and_code(tmp_path: Path) -> None:
    advice = parlab.advise(LOOP, name="squares", backend=["openmp:static", "threads:static"], workers=2, budget="15s",
                           size=100_000)
    assert advice.choice["backend"] in ("serial", "openmp", "threads")
    assert advice.document["kernel"] == "squares" and advice.document["size"] == 100_000
    assert "".join(advice.sentences[:1]) in repr(advice) and advice._repr_html_().count("<p>") == len(advice.sentences)
    ratio, low, high = advice.speedup
    assert low is not None and high is not None and low <= ratio <= high
    assert {record["backend"] for record in advice.records} <= {"openmp", "threads"} and advice.records
    advice.write_header(tmp_path / "choice.hpp")
    assert (tmp_path / "choice.hpp").read_text() == advice.header and "for_parts" in advice.header


def test_what_is_wrong_is_said_without_the_programs_prefix() -> None:
    with pytest.raises(parlab.BadInput, match="^advise: one worker"):
        parlab.advise(LOOP, workers=1)
    with pytest.raises(parlab.BadInput, match="budget"):
        parlab.own(LOOP).advise(workers=2, budget="soon")
    with pytest.raises(parlab.RunFailed, match="serial failed|wrong answer|writes"):
        parlab.advise("constexpr std::uint64_t size = 1000;\n"
                      "parlab::array<std::uint64_t> last(1);\n"
                      "void kernel(std::uint64_t i) { last[0] = i; }", workers=2, budget="20s")
