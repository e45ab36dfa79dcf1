"""How a wheel is built: the app, its pages, models and settings go into the package, as `reid_core/_app`.

They lie beside `reid_core` in the checkout, and cannot lie so where it is installed: everybody's packages share that
folder, and another may bring a `pages` or an `assets` of its own. setuptools calls this (pyproject.toml); `installed`
finds what it packed. An editable installation packs nothing, and goes on from the checkout.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

PACKED = ("app.py", ".streamlit/config.toml", "pages/**/*", "assets/**/*")


class BuildWithApp(build_py):
    """setuptools' `build_py`, which also copies what `PACKED` names. Runs in the root of the checkout."""

    def run(self) -> None:
        if self.editable_mode:
            return
        # An earlier build's files are packed again by setuptools, also those that have moved since.
        shutil.rmtree(Path(self.build_lib, "reid_core"), ignore_errors=True)
        super().run()
        for file in _packed_files():
            target = Path(self.build_lib, "reid_core", "_app", file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)

    def get_source_files(self) -> list[str]:
        """What a source archive holds, too: a wheel may be built from one."""
        return [*super().get_source_files(), *map(str, _packed_files())]


def _packed_files() -> list[Path]:
    found = [file for pattern in PACKED for file in sorted(Path().glob(pattern)) if file.is_file()]
    return [file for file in found if file.suffix != ".pyc"]
