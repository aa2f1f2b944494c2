"""Pages and their figures/ made in a folder beside their place, then moved there at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def put_in_place(out: Path) -> Iterator[Path]:
    """A folder to fill; its files then take their places in `out`. On an error nothing is left."""
    is_new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".report-", dir=out))
    try:
        yield made
        old = made / "old"
        if (out / "figures").exists():
            (out / "figures").rename(old)
        for path in sorted(made.iterdir()):
            if path != old:
                path.replace(out / path.name)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        if is_new and not any(out.iterdir()):
            out.rmdir()
        raise
    shutil.rmtree(made)
