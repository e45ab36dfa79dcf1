"""The examples in reid_core's docstrings say what is true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITH_EXAMPLES = [file for file in sorted((ROOT / "reid_core").rglob("*.py")) if ">>> " in file.read_text("utf-8")]
MODULES = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in WITH_EXAMPLES]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_come_out_as_written(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_what_people_look_up_has_examples() -> None:
    looked_up = ("metrics", "loss_text", "recipe", "filters", "grouping", "meaning", "calibration", "datasets.labels")
    assert [name for name in looked_up if not any(module.endswith(name) for module in MODULES)] == []
