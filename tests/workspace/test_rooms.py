"""Rooms of the workspace: which may import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import reid_core.workspace

HOUSE = Path(reid_core.workspace.__file__).parent
NAME = "reid_core.workspace."


def imported(file: Path) -> Iterator[str]:
    """Rooms, and single files of the workspace, that the file imports; within functions, too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                if module.startswith(NAME):
                    yield module.removeprefix(NAME).split(".")[0]


def test_rooms_import_each_other_in_one_direction() -> None:
    imports: dict[str, set[str]] = {}
    for file in HOUSE.rglob("*.py"):
        if file != HOUSE / "__init__.py":
            own = file.relative_to(HOUSE).parts[0].removesuffix(".py")
            imports.setdefault(own, set()).update(set(imported(file)) - {own})
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle


def test_deletion_knows_every_room_and_none_knows_it() -> None:
    files = [file for file in HOUSE.rglob("*.py") if "deletion" in set(imported(file))]
    assert {file.relative_to(HOUSE).parts[0] for file in files} <= {"deletion", "opening.py"}
