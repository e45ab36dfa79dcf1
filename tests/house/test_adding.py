"""The map says where things are added; here they are, in a copy of the library, and they work there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import png_bytes, tiny_picture

ROOT = Path(__file__).parents[2]
CONTRACT = "tests/retrieval/test_contract.py"
LONG = f"{CONTRACT}::test_whatever_comes_goes_and_changes_every_answer_is_that_of_a_plain_scan"


class Copy:
    """A copy of the library that is changed as a developer would, and run in processes of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "reid_core", folder / "reid_core", ignore=shutil.ignore_patterns("__pycache__", "_app"))
        shutil.copytree(ROOT / "assets" / "models", folder / "assets" / "models")

    def write(self, file: str, text: str) -> None:
        target = self.folder / file
        assert not target.exists()
        target.write_text(text, encoding="utf-8")

    def put(self, file: str, line: str, *, after: str) -> None:
        """A line after the first one that begins so, as far in as that one."""
        target = self.folder / file
        lines = target.read_text(encoding="utf-8").splitlines()
        place = next(number for number, text in enumerate(lines) if text.lstrip().startswith(after))
        lines.insert(place + 1, lines[place][: -len(lines[place].lstrip())] + line)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(self, *command: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "REID_WORKSPACE": str(self.folder / "workspace")}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"  # of a file that is written twice in a second it would be stale
        done = subprocess.run(
            [sys.executable, *command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def reid(self, *arguments: str) -> str:
        return self.run("-m", "reid_core.cli", *arguments)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_a_reader(copy: Copy, tmp_path: Path) -> None:
    copy.write(
        "reid_core/datasets/readers/badges.py",
        '''"""Pictures called after the badge that a person wears: badge-7.png."""

from reid_core.datasets.base import Dataset, Declined, Listing, Options, build_records


def read_badges(listing: Listing, options: Options) -> Dataset | Declined:
    if not all("badge-" in name for name in listing.pictures):
        return Declined()
    people = [name.partition("badge-")[2].partition(".")[0] for name in listing.pictures]
    rows = {"path": listing.pictures, "identity": people, "split": ["gallery"] * len(people)}
    return Dataset(listing.source.path, "Badges", build_records(rows, options))
''',
    )
    table = "reid_core/datasets/__init__.py"
    copy.put(
        table,
        "from reid_core.datasets.readers.badges import read_badges",
        after="from reid_core.datasets.layouts import",
    )
    copy.put(table, '"badges": Reader(read_badges, "Badges"),', after='"market1501": Reader(')
    (tmp_path / "door").mkdir()
    for number in (7, 8):
        (tmp_path / "door" / f"badge-{number}.png").write_bytes(png_bytes(tiny_picture(number, 0)))
    imported = json.loads(copy.reid("import", "door", "--gallery", "door", "--json"))
    assert imported["format"] == "Badges"
    assert "2 identities" in imported["description"]


def test_a_loss(copy: Copy) -> None:
    copy.put(
        "reid_core/training/loss_text.py", '"contrastive": "pairs of a batch (Hadsell et al., CVPR 2006)",',
        after='"supcon":',
    )  # fmt: skip
    copy.put("reid_core/training/losses.py", '"contrastive": _contrastive,', after='"supcon": _supcon')
    copy.put(
        "reid_core/training/losses.py",
        "def _contrastive(recipe: Recipe, classes: int, embedding_size: int) -> nn.Module:\n"
        "    return _pairs(recipe, embedding_size, losses.ContrastiveLoss())\n\n",
        after="# The library starts the classes' directions",
    )
    code = """
import torch
from reid_core.training.losses import create_loss
from reid_core.training.recipe import Recipe
loss = create_loss(Recipe().replace(loss="0.5 contrastive"), classes=2, embedding_size=4)
parts = loss(torch.eye(4), torch.tensor([0, 0, 1, 1]))
print({name: value.ndim for name, value in parts.items()})
"""
    assert copy.run("-c", code) == "{'contrastive': 0}\n"


def test_an_index_backend_is_held_to_the_contract(copy: Copy) -> None:
    """The contract's own suite finds it by its line; so it does one that answers wrongly."""
    copy.write(
        "reid_core/retrieval/second.py",
        '''"""The exact index under another name."""

from reid_core.retrieval.exact.index import ExactIndex


class SecondIndex(ExactIndex):
    def count(self, where):
        return super().count(where) + WRONG


WRONG = 0
''',
    )
    backends = "reid_core/retrieval/backends.py"
    copy.put(
        backends, "from reid_core.retrieval.second import SecondIndex", after="from reid_core.retrieval.exact.index"
    )
    copy.put(backends, '"second": Backend(SecondIndex.open),', after="EXACT: Backend(")
    for folder in ("retrieval", "support"):
        shutil.copytree(ROOT / "tests" / folder, copy.folder / "tests" / folder)
    for file in ("__init__.py", "conftest.py"):
        shutil.copy(ROOT / "tests" / file, copy.folder / "tests" / file)
    suite = ("-m", "pytest", "-q", "--import-mode=importlib", CONTRACT, "-k", "second")
    assert "passed" in copy.run(*suite, "--deselect", LONG)
    second = copy.folder / "reid_core" / "retrieval" / "second.py"
    second.write_text(second.read_text(encoding="utf-8").replace("WRONG = 0", "WRONG = 1"), encoding="utf-8")
    with pytest.raises(AssertionError, match="failed"):
        copy.run(*suite, "-x", "--deselect", LONG)


def test_a_filter(copy: Copy, tmp_path: Path) -> None:
    copy.put(
        "reid_core/retrieval/filters.py",
        'exclude_splits: frozenset[str] = row(frozenset(), NONE_OF, "split", option="--not-split", help="No hit.")',
        after="exclude_cameras: frozenset[str] = row(",
    )
    copy.reid("draw", "crops", "--identities", "4", "--cameras", "2")
    copy.reid("import", "crops", "--gallery", "drawn", "--index-with", "synthetic")
    photo = next((tmp_path / "crops").rglob("*.jpg"), None) or next((tmp_path / "crops").rglob("*.png"))
    found = {
        option: json.loads(copy.reid("search", str(photo), "--gallery", "drawn", "--same-camera", "--json", *option))[
            "hits"
        ]
        for option in ((), ("--not-split", "train"))
    }
    assert any(hit["split"] == "train" for hit in found[()])
    assert {hit["split"] for hit in found[("--not-split", "train")]} <= {"query", "gallery"}
    assert found[("--not-split", "train")]


def test_a_command(copy: Copy) -> None:
    copy.write(
        "reid_core/cli/counting.py",
        '''"""The command that counts: count."""

from reid_core.cli.shared.console import say
from reid_core.cli.shared.options import WorkspaceOption, app, open_workspace


@app.command(rich_help_panel="Galleries")
def count(workspace: WorkspaceOption = None) -> None:
    """Count the galleries."""
    say(f"{len(open_workspace(workspace).catalogue.galleries())} galleries")
''',
    )
    copy.put("reid_core/cli/__init__.py", "counting,", after="cases,")
    assert "Count the galleries." in copy.reid("--help")
    assert copy.reid("count") == "0 galleries\n"
