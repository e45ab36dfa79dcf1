"""The check of the pages' JavaScript that `make check` runs, on a copy of the pages with faults in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.javascript import PAGES, ROOT, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "nothing is missing")
MISSPELT = [
    ("photo_tray.js", "teller(root", "teler(root", "Cannot find name 'teler'"),  # of events.js, joined before it
    ("compare_draw.js", "choose(view", "chose(view", "Cannot find name 'chose'"),  # of compare_view.js, joined after it
    ("point_map_pen.js", "view.toScreen(", "view.toScren(", "Property 'toScren' does not exist"),
    ("answer_list.js", "data.undo_key", "data.undo_kye", "Property 'undo_kye' does not exist"),
    ("hit_timeline.js", 'line.tell("opened"', 'line.tell("opend"', "not assignable"),  # no event is called that
]


def _change(folder: Path, script: str, before: str, after: str) -> str:
    """Change the first such place in a script; returns the place as the check says it."""
    [file] = (folder / "pages").rglob(script)
    head, found, rest = file.read_text(encoding="utf-8").partition(before)
    assert found, f"{script} has no {before}"
    file.write_text(head + after + rest, encoding="utf-8")
    line = head.count("\n") + 1
    return f"{file.relative_to(folder)}:{line}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The pages and what checks them, to be changed."""
    shutil.copytree(PAGES, tmp_path / "pages")
    (tmp_path / "reid_core").symlink_to(ROOT / "reid_core")
    (tmp_path / "tests" / "house").mkdir(parents=True)
    for name in ("__init__.py", "house/__init__.py", "house/javascript.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests" / name)
    return tmp_path


def _check(copy: Path) -> list[str]:
    """What the check says; it must fail."""
    command = [sys.executable, "-m", "tests.house.javascript"]
    ended = subprocess.run(
        command, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, text=True, capture_output=True, timeout=200
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return ended.stdout.splitlines()


def test_misspelt_names_are_found_where_they_stand_and_a_script_that_no_component_loads(copy: Path) -> None:
    places = [(_change(copy, script, name, misspelt), fault) for script, name, misspelt, fault in MISSPELT]
    (copy / "pages" / "left_over.js").write_text("const one = 1;\n", encoding="utf-8")
    lines = _check(copy)
    for place, fault in places:
        assert [line.split(": ")[0] for line in lines if fault in line] == [place]
    assert "pages/left_over.js: No component has this script." in lines


def test_broken_syntax_is_found(copy: Path) -> None:
    place = _change(copy, "drawings.js", "for (const chart of", "for const chart of")
    lines = _check(copy)
    assert place in lines
    assert any("SyntaxError" in line for line in lines)
