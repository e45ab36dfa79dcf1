"""Every command on galleries that lack something: it works, or says in a sentence what is missing. None breaks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch

from reid_core.workspace.maps import making
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended, png_bytes, tiny_picture
from tests.support.lacking import LACKING, make_lacking

NETWORK = (
    "--backbone", "test_efficientnet", "--weights", "none", "--height", 64, "--width", 32, "--projection", 16,
    "--batch-size", 4, "--crops-per-person", 2, "--epochs", 1, "--validation", 0.4,
)  # fmt: skip

# GALLERY, PHOTO, CROP and OUT are filled in. In this order: later ones use what earlier ones made, and the last delete.
COMMANDS: dict[str, str] = {
    "list": "list",
    "inspect": "inspect GALLERY",
    "check": "check GALLERY",
    "index": "index GALLERY",
    "search": "search PHOTO --gallery GALLERY",
    "search from a crop": "search --gallery GALLERY --crop CROP",
    "search by tracklet": "search PHOTO --gallery GALLERY --group tracklet",
    "search by camera": "search PHOTO --gallery GALLERY --group camera",
    "search by identity": "search PHOTO --gallery GALLERY --group identity",
    "search re-ranked": "search PHOTO --gallery GALLERY --rerank",
    "search a camera": "search PHOTO --gallery GALLERY --camera door",
    "search from a camera": "search PHOTO --gallery GALLERY --query-camera door",
    "search the named": "search PHOTO --gallery GALLERY --named",
    "search the unnamed": "search PHOTO --gallery GALLERY --unnamed",
    "search a person": "search PHOTO --gallery GALLERY --identity p11",
    "search a time": "search PHOTO --gallery GALLERY --after 2026-01-01 --weekday thu --hours 0-5",
    "search all filters": "search PHOTO --gallery GALLERY --split query --upper red --or-unclear --min-height 9",
    "evaluate": "evaluate GALLERY --by camera --by tracklet --report OUT/r.html --report OUT/r.csv --report OUT/r.json",
    "evaluate one camera": "evaluate GALLERY --same-camera --multi-query",
    "evaluate re-ranked": "evaluate GALLERY --rerank",
    "calibrate": "calibrate GALLERY",
    "map": "map GALLERY",
    "examine": "examine GALLERY",
    "case new": "case new A --purpose p",
    "case search": "search PHOTO --gallery GALLERY --case A --save s",
    "case judge": "case judge A CROP --verdict match",
    "case run": "case run A --search s",
    "case show": "case show A",
    "case export": "case export A OUT/case.html",
    "case delete": "case delete A --purpose p --yes",
    "export": "export GALLERY OUT/exported",
    "import again": "import OUT/exported --gallery again",
    "hold": "hold h --gallery GALLERY --crop CROP",
    "delete a camera": "delete --gallery GALLERY --camera door --purpose p --dry-run",
    "delete the old": "delete --gallery GALLERY --older-than 1d --purpose p --dry-run",
    "release": "release h",
    "delete all": "delete --gallery GALLERY --all --purpose p --yes",
    "receipts": "receipts",
    "audit": "audit",
}
TRAINING: dict[str, str] = {
    "train": "train GALLERY --name first --loss arcface+triplet --batches pk-camera NETWORK",
    "compare": "compare GALLERY --model first",
    "promote": "promote GALLERY --model first --even-so because",
}
EXPERIMENTS: dict[str, str] = {
    "probe": "probe GALLERY --seconds 0.1 NETWORK",
    "cross-validate": "cross-validate GALLERY --folds 2 --name folds NETWORK",
    "tune": "tune GALLERY --try label_smoothing=0 --name tuned NETWORK",
}
EVALUATING = ("evaluate", "evaluate one camera", "evaluate re-ranked")
NO_DOOR = dict.fromkeys(("search a camera", "search from a camera"), "has no camera 'door'. Its crops name no camera.")
UNTRAINED = dict.fromkeys(("inspect", *TRAINING, *EXPERIMENTS), "has no labelled training crops") | dict.fromkeys(
    ("compare", "promote"), "There is no model or run 'first'"
)
UNLABELLED = UNTRAINED | {
    **dict.fromkeys(EVALUATING, "an evaluation needs both"),
    "search a person": "has no identity 'p11'",
    "calibrate": "has no labelled crops",
}
UNMAPPED = {"map": "crops", "examine": "has no map under this model yet"}
# What is refused of each gallery, and the words that say why.
FEW = {"calibrate": "at least 10 people"}
REFUSED: dict[str, dict[str, str]] = {
    "no-cameras": {**NO_DOOR, **FEW},
    "no-times": FEW,
    "no-labels": UNLABELLED,
    "nothing-known": {**UNLABELLED, **NO_DOOR},
    "some-cameras": FEW,
    "one-camera": {
        **dict.fromkeys(("evaluate", "evaluate re-ranked"), "are of camera 'door'"),
        "calibrate": "All these crops come from one camera",
        "compare": "has a true match in another camera",
    },
    "one-person": {**UNTRAINED, **UNMAPPED, "calibrate": "of 1 labelled person"},
    "one-crop": {
        **UNTRAINED,
        **UNMAPPED,
        **dict.fromkeys(("search a camera", "search from a camera"), "has no camera 'door'. It has: hall"),
        **dict.fromkeys(EVALUATING, "an evaluation needs both"),
        "calibrate": "All these crops come from one camera",
    },
}


@pytest.fixture(scope="module")
def made(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_lacking(tmp_path_factory.mktemp("lacking"), tiny_model)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """UMAP would compile for half a minute."""
    monkeypatch.setattr(making, "umap_points", lambda start, *arguments, **options: start)


def words_of(command: str, filled: dict[str, object]) -> Sequence[object]:
    found: list[object] = []
    for word in command.split():
        if word == "NETWORK":
            found += NETWORK
        elif word.startswith("OUT"):
            found.append(str(filled["OUT"]) + word[3:])
        else:
            found.append(filled.get(word, word))
    return found


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small wait longer for a second thread than it saves."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def refused_otherwise(
    commands: dict[str, str], gallery: str, folder: Path, out: Path, run_command: Callable[..., Ended]
) -> str:
    """What of the commands ended otherwise than `REFUSED` says, with what was printed; empty where all is well."""
    photo = out / "photo.png"
    photo.write_bytes(png_bytes(tiny_picture(3, 500)))
    crop = int(Workspace(folder, TESTER).catalogue.crops(gallery)["id"].iloc[-1])
    filled = {"GALLERY": gallery, "PHOTO": photo, "CROP": crop, "OUT": out}
    wrong = []
    for name, command in commands.items():
        ended = run_command(folder, *words_of(command, filled))
        expected = REFUSED[gallery].get(name)
        said = f"{ended.out}\n{ended.err}"
        if (ended.code == 0) != (expected is None) or (expected or "") not in said or "Traceback" in said:
            wrong.append(f"{name}: {ended.code}, expected {expected!r}: {said[-600:]}")
    return "\n\n".join(wrong)


@pytest.fixture
def folder(made: Workspace, tmp_path: Path) -> Path:
    shutil.copytree(made.path, tmp_path / "workspace")
    return tmp_path / "workspace"


# What reads what these lack; of all other commands "no-cameras" and "no-labels" show the same.
READS = {
    "nothing-known": (
        "inspect", "check", "search", "search by tracklet", "search by camera", "search a camera", "search a person",
        "evaluate", "calibrate", "map", "export", "import again", "delete a camera",
    ),
    "no-times": ("inspect", "search", "search a time", "delete the old", "export", "import again"),
    "some-cameras": (
        "inspect", "check", "search by camera", "search a camera", "search from a camera", "evaluate", "calibrate",
        "export", "import again",
    ),
}  # fmt: skip


@pytest.mark.parametrize("gallery", LACKING)
def test_each_command_works_or_says_what_is_missing(
    gallery: str, folder: Path, tmp_path: Path, run_command: Callable[..., Ended]
) -> None:
    commands = {name: COMMANDS[name] for name in READS.get(gallery, COMMANDS)}
    assert not refused_otherwise(commands, gallery, folder, tmp_path, run_command)


# "nothing-known", "one-person" and "one-crop" have no labelled training crops either, "no-times" reads no time.
@pytest.mark.parametrize("gallery", ["no-cameras", "no-labels", "some-cameras", "one-camera"])
def test_each_gallery_is_trained_on_or_says_why_not(
    gallery: str, folder: Path, tmp_path: Path, run_command: Callable[..., Ended]
) -> None:
    assert not refused_otherwise(TRAINING, gallery, folder, tmp_path, run_command)


@pytest.mark.parametrize("gallery", ["no-cameras", "no-labels"])
def test_each_experiment_works_or_says_what_is_missing(
    gallery: str, folder: Path, tmp_path: Path, run_command: Callable[..., Ended]
) -> None:
    assert not refused_otherwise(EXPERIMENTS, gallery, folder, tmp_path, run_command)
