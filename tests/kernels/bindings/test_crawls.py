"""Crawls from Python: the lines of parlab crawl as a data frame."""

from __future__ import annotations

import json
from pathlib import Path

import parlab
import pytest

pytest.importorskip("pandas")

PAGE = {"url": "http://h/", "status": 200, "error": None, "bytes": 9, "seconds": 0.5, "type": "text/html",
        "phases": {"connect": 0.1, "first_byte": 0.2, "body": 0.05}}


def test_pages_are_rows_and_phases_are_columns(tmp_path: Path) -> None:
    lost = {"url": "http://h/b", "status": 404, "error": "http_404", "bytes": 0, "seconds": 0.1}
    file = tmp_path / "pages.jsonl"
    file.write_text(json.dumps(PAGE) + "\n" + json.dumps(lost) + "\n")
    pages = parlab.read_crawl(file)
    assert list(pages.url) == ["http://h/", "http://h/b"]
    assert pages.first_byte[0] == 0.2 and pages.first_byte.isna()[1]
    assert list(pages[pages.error.notna()].status) == [404]


def test_edges_are_rows(tmp_path: Path) -> None:
    file = tmp_path / "edges.jsonl"
    file.write_text('{"from": "a", "to": "b"}\n{"from": "a", "to": "c"}\n')
    assert list(parlab.read_crawl(file)["to"]) == ["b", "c"]


def test_an_empty_crawl_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("")
    assert len(parlab.read_crawl(tmp_path / "none")) == 0


@pytest.mark.parametrize("text", ["{", "[]\n", '{"a": 1}\n', json.dumps(PAGE) + '\n{"url": "x"', "\xff"])
def test_other_files_are_refused_with_their_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad"
    file.write_bytes(text.encode("latin1"))
    with pytest.raises(parlab.BadInput, match="bad"):
        parlab.read_crawl(file)
    with pytest.raises(FileNotFoundError):
        parlab.read_crawl(tmp_path / "missing")
    with pytest.raises(parlab.BadInput):
        parlab.read_crawl(tmp_path)
