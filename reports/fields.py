"""Checked access to a JSON document: that of the Python package, which reads result files, too.

Loaded by its place: the report runs without the package, whose library need not be built.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_PLACE = (Path(__file__).resolve().parents[1]
          / "kernels" / "bindings" / "python" / "parlab" / "checked_json.py")
_spec = importlib.util.spec_from_file_location("checked_json", _PLACE)
assert _spec and _spec.loader
_module = importlib.util.module_from_spec(_spec)
sys.modules["checked_json"] = _module  # for what its classes are looked up by
_spec.loader.exec_module(_module)

BadFile = _module.BadFile
Fields = _module.Fields
load_object = _module.load_object
shown = _module.shown
