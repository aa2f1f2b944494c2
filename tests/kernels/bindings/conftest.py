"""The package as built: build/python, or $PARLAB_BUILD/python."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("PARLAB_BUILD", ROOT / "build"))
sys.path.insert(0, str(BUILD / "python"))

if not (BUILD / "libparlab.so.1").exists():
    pytest.exit(f"no {BUILD}/libparlab.so.1: run `make build` first", returncode=2)


@pytest.fixture
def build() -> Path:
    """The folder that parlab was built in."""
    return BUILD
