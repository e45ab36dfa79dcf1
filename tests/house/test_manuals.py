"""What the manuals name is there: commands, their options, columns of tables, limits, and where links lead."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer

from reid_core.cli import app
from reid_core.training.recipe import Recipe
from reid_core.video.best_crops import LOWEST, MOST_CROPS
from reid_core.video.stream.opening import MOST_PIXELS, MOST_SIDE
from reid_core.video.tracklets import FEWEST
from reid_core.workspace.exports.tracklets import to_csv
from reid_core.workspace.galleries.tracklets import TrackletLine
from reid_core.workspace.imports.video.given import CHOICES

ROOT = Path(__file__).parents[2]
VIDEO = ROOT / "assets" / "docs" / "video.md"
MANUALS = (ROOT / "README.md", VIDEO)
RECIPE = {f"--{field.name.replace('_', '-')}" for field in dataclasses.fields(Recipe)}
FOREIGN = {"--server.address"}  # options of other programs
_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands(text: str) -> Iterator[list[str]]:
    """The words of each `reid …` in a manual, in a block or within a sentence, without comments."""
    lines = [line for block in _FENCED.findall(text) for line in block.splitlines()]
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", _FENCED.sub("", text))]
    for line in (*lines, *spans):
        if re.match(r"(\.venv/bin/)?reid ", line):
            yield shlex.split(line, comments=True)[1:]


def options_of(command: Any) -> set[str]:
    """Those of a recipe are read from what is left over: see `cli.shared.recipe_options`."""
    there = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    return there | (RECIPE if command.context_settings.get("ignore_unknown_options") else set())


def wrong(words: list[str], known: Mapping[str, Any]) -> str:
    """What of `reid WORDS` there is not; "" where there is all of it."""
    if words[0] not in known:
        return f"no command {words[0]}"
    command, rest = known[words[0]], words[1:]
    if hasattr(command, "commands") and rest:
        if rest[0] not in command.commands:
            return f"no command {words[0]} {rest[0]}"
        command = command.commands[rest[0]]
    unknown = {word.partition("=")[0] for word in rest if word.startswith("--")} - options_of(command)
    return f"{words[0]} has no {', '.join(sorted(unknown))}" if unknown else ""


@pytest.fixture(scope="module")
def known() -> Mapping[str, Any]:
    return typer.main.get_group(app).commands


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.name)
def test_every_command_of_a_manual_is_there_with_its_options(manual: Path, known: Mapping[str, Any]) -> None:
    found = list(commands(manual.read_text(encoding="utf-8")))
    assert len(found) > 10
    assert [problem for words in found if (problem := wrong(words, known))] == []


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.name)
def test_every_option_that_stands_alone_belongs_to_some_command(manual: Path, known: Mapping[str, Any]) -> None:
    each = [one for command in known.values() for one in (command, *getattr(command, "commands", {}).values())]
    there = set().union(*map(options_of, each))
    named = set(re.findall(r"`(--[\w.-]+)", manual.read_text(encoding="utf-8")))
    assert named
    assert named - there - FOREIGN == set()


def test_what_is_not_there_is_found(known: Mapping[str, Any]) -> None:
    told = "`reid vide x`, `reid video x --colour`\n```\nreid detector remove x   # --never\nreid video x\n```\n"
    assert [wrong(words, known) for words in commands(told)] == [
        "no command detector remove", "", "no command vide", "video has no --colour",
    ]  # fmt: skip


@pytest.mark.parametrize("manual", [*MANUALS, ROOT / "assets/docs/CHANGELOG.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(manual: Path) -> None:
    text = manual.read_text(encoding="utf-8")
    titles = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines()}
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not target.startswith("http")]
    assert [t for t in targets if not (t[1:] in titles if t.startswith("#") else (manual.parent / t).exists())] == []


def test_the_manual_of_recordings_names_each_column_source_and_limit() -> None:
    text = " ".join(VIDEO.read_text(encoding="utf-8").split())
    line = TrackletLine(
        name="gate-0001", camera="gate", start=0.0, end=1.0, crops=1, identities=(), open_at_start=True,
        open_at_end=True,
    )  # fmt: skip
    table = to_csv([line])
    columns = table.splitlines()[0].split(",")
    rows = text.partition("| column | meaning |")[2].partition("`reid video …")[0]
    assert {name for row in re.findall(r"\| (`[^|]+) \|", rows) for name in re.findall(r"`(\w+)`", row)} == set(columns)
    assert [flag for flag in line.flags if f"`{flag}`" not in text] == []
    assert [choice for choice in CHOICES if f"| `{choice}` |" not in text] == []
    assert f"{MOST_PIXELS / 1e6:.1f} million pixels" in text
    assert f"a side above {MOST_SIDE:,}" in text
    assert f"at least {LOWEST} pixels high" in text
    assert (MOST_CROPS, FEWEST) == (4, 3), "the manual says four crops, three frames"
