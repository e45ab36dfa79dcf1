"""The command line: filters and options with odd values, in this process, on a workspace of 24 crops."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from random import Random

from reid_core.cli import run
from reid_core.cli.shared import options
from reid_core.errors import ReidError
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, make_tiny_dataset, make_tiny_model, make_tiny_onnx, make_tiny_workspace
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target

COMMANDS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("search", "--gallery", TINY_GALLERY): (
        "--crop", "--top", "--group", "--model", "--camera", "--identity", "--split", "--after", "--before",
        "--weekday", "--hours", "--upper", "--lower", "--min-height", "--min-sharpness", "--query-camera", "--purpose",
        "--case", "--save", "--not", "--rerank", "--direction", "--entered-by", "--left-by", "--zone",
        "--seconds-at-least", "--seconds-at-most", "--stood-at-least", "--ignored",
    ),
    ("delete", TINY_GALLERY): ("--crop", "--older-than", "--identity", "--camera", "--after", "--before", "--source"),
    ("hold", TINY_GALLERY): ("--crop", "--older-than", "--identity", "--camera", "--name", "--why"),
    ("list",): ("--json",),
    ("inspect", TINY_GALLERY): ("--json",),
    ("audit",): ("--json", "--last"),
    ("export", TINY_GALLERY): ("--split", "--json"),
    ("train", TINY_GALLERY, "--print-recipe"): ("--recipe", "--epochs", "--learning-rate", "--loss", "--batch-size"),
    ("case", "new"): ("--purpose",),
    ("case", "show"): ("--json",),
    ("import",): ("--gallery", "--format", "--column", "--train-share", "--seed", "--time-zone", "--camera-pattern"),
    ("model", "add"): ("--size", "--mean", "--std", "--name", "--interpolation"),
}  # fmt: skip


def _commands(prepared: Path) -> Attempt:
    model = make_tiny_model(make_tiny_onnx(prepared / "tiny.onnx"), prepared / "model")
    data = prepared / "data"
    data.mkdir()
    workspace = Workspace(make_tiny_workspace(make_tiny_dataset(data), model, prepared / "workspace"), TESTER)

    def attempt(random: Random, folder: Path) -> None:
        command, names = random.choice(list(COMMANDS.items()))
        arguments = [*command, "--workspace", str(workspace.path)]
        if command == ("search", "--gallery", TINY_GALLERY) and random.random() < 0.9:
            arguments += ["--crop", "1"]
        if command[0] == "import":
            arguments += [str(random.choice((data, data / "crops.csv", folder)))]
        for name in random.sample(names, min(len(names), random.choice((0, 1, 1, 2)))):
            arguments.append(f"{name}={odd.text(random)}")
        if random.random() < 0.2:
            arguments.append(odd.text(random))
        os.chdir(folder)  # where a command writes what it was given a relative name for
        (folder / "arguments.txt").write_text(repr(arguments), encoding="utf-8", errors="replace")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run(arguments)

    return attempt


def _filters(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        text = ",".join(odd.text(random) for _ in range(random.randrange(1, 4)))
        readers = (
            options.labels, options.weekdays, options.hours_of_the_day, lambda text: options.moment(text, "--after"),
            lambda text: options.colours(text, "--upper"), lambda text: options.pairs([text], "column"),
            lambda text: options.whole_numbers(text, "--size", "x", 2),
            lambda text: options.three_numbers(text, "--std"),
        )  # fmt: skip
        random.choice(readers)(text)

    return attempt


TARGETS = (Target("filters", _filters), Target("commands", _commands, (ReidError, SystemExit)))
