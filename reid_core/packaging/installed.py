"""Where what came with this program lies: in the checkout, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]  # the folder reid_core
_PACKED = _PACKAGE / "_app"  # a wheel has it, a checkout never; see `build`

IMPORTED_FROM = _PACKAGE.parent  # another process that has this folder on its path imports this very reid_core
APP = _PACKED if _PACKED.is_dir() else _PACKAGE.parent  # app.py, with pages, assets and .streamlit beside it
