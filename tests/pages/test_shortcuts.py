"""Verdicts have their keys and words from one table in Python: scripts, sentences and the README say nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reid_core.workspace.workspace import Workspace
from tests.pages.search_page import OpenPage, data_of

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "pages").rglob("*.js"))
WORDS = r"match|not|cannot tell|not this person|not a match"
KEYS = "m|n|u|z"


def code_of(script: Path) -> str:
    return re.sub(r"(?m)(^|\s)//.*$", "", script.read_text(encoding="utf-8"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_repeats_a_verdict_its_words_or_its_key(script: Path) -> None:
    code = code_of(script)
    assert re.findall(rf"""(?i)["'`](?:{WORDS})["'`]|\b(?:match|not)\s*:""", code) == []
    if "verdicts" in code:  # other components have their own uses for these letters
        assert re.findall(rf"""(?i)["'`](?:{KEYS})["'`]|\b(?:{KEYS})\s*:""", code) == []


def test_the_table_reaches_the_list_and_the_comparison(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page.session_state["answers"] = {"did": [{"n": 1, "what": "opened", "group": 2, "crop": 2}]}
    drawn = data_of(page, "answers")
    assert drawn["said"] == "Arrow keys walk, Enter compares, M N U judge, Z takes back"
    for data in (drawn, data_of(page.run(), "compare")):
        assert [(one["verdict"], one["words"], one["key"]) for one in data["verdicts"]] == [
            ("match", "Match", "M"), ("not", "Not this person", "N"), ("cannot tell", "Cannot tell", "U"),
        ]  # fmt: skip
        assert data["undo_key"] == "Z"


def test_the_readme_names_the_keys() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert "M, N and U decide" in readme
    assert "Z takes back" in readme
