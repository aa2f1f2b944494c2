"""The runs of the history, a row each."""

from __future__ import annotations

from collections.abc import Sequence

from report.load.history_results import Series
from report.text.formats import ratio_with_interval
from report.text.markdown_table import markdown, plain


def history_table(several: Sequence[Series]) -> str:
    """Every run of these arms."""
    rows = [[plain(series.experiment), plain(series.label), plain(series.baseline), plain(point.date[:10]),
             plain(point.commit_words), ratio_with_interval(point.speedup), plain(point.verdict)]
            for series in several for point in series.points]
    return markdown(["experiment", "arm", "against", "date", "commit", "ratio", "verdict"], rows, left=5)
