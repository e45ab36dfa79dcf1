"""Every command on galleries that lack something: it works, or says in a sentence what is missing. None breaks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from reid_core.workspace import maps
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended, png_bytes, tiny_picture
from tests.lacking import LACKING, make_lacking

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
    "train": "train GALLERY --name first --loss arcface+triplet --batches pk-camera NETWORK",
    "probe": "probe GALLERY --seconds 0.1 NETWORK",
    "cross-validate": "cross-validate GALLERY --folds 2 --name folds NETWORK",
    "tune": "tune GALLERY --try label_smoothing=0,0.1 --name tuned NETWORK",
    "compare": "compare GALLERY --model first",
    "promote": "promote GALLERY --model first --even-so because",
    "case new": "case new A --purpose p",
    "case search": "search PHOTO --gallery GALLERY --case A --save s",
    "case judge": "case judge A CROP --verdict match",
    "case run": "case run A --search s",
    "case show": "case show A",
    "case export": "case export A OUT/case.html --purpose p",
    "train with verdicts": "train GALLERY --name second --with-verdicts NETWORK",
    "case delete": "case delete A --purpose p --yes",
    "export": "export GALLERY OUT/exported",
    "import again": "import OUT/exported --gallery again",
    "hold": "hold h --gallery GALLERY --crop CROP",
    "delete a camera": "delete --gallery GALLERY --camera door --purpose p --dry-run",
    "delete the old": "delete --gallery GALLERY --older-than 1d --purpose p --yes",
    "release": "release h",
    "delete all": "delete --gallery GALLERY --all --purpose p --yes",
    "receipts": "receipts",
    "audit": "audit",
}
NO_CAMERA = "has no camera 'door'"
TRAINING = ("train", "probe", "cross-validate", "tune", "train with verdicts")
EVALUATING = ("evaluate", "evaluate one camera", "evaluate re-ranked")
# What is refused, and the words that say why.
REFUSED: dict[str, dict[str, str]] = {name: {"calibrate": "at least 10 people"} for name in LACKING}


@pytest.fixture(scope="module")
def made(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_lacking(tmp_path_factory.mktemp("lacking"), tiny_model)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """UMAP would compile for half a minute."""
    monkeypatch.setattr(maps, "umap_points", lambda start, *arguments, **options: start)


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


@pytest.mark.parametrize("gallery", LACKING)
def test_each_command_works_or_says_what_is_missing(
    gallery: str, made: Workspace, tmp_path: Path, run_command: Callable[..., Ended]
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(made.path, folder)
    photo = tmp_path / "photo.png"
    photo.write_bytes(png_bytes(tiny_picture(3, 500)))
    crop = int(Workspace(folder).catalogue.crops(gallery)["id"].iloc[-1])
    filled = {"GALLERY": gallery, "PHOTO": photo, "CROP": crop, "OUT": tmp_path}
    wrong = []
    dump = os.environ.get("DUMP")
    for name, command in COMMANDS.items():
        ended = run_command(folder, *words_of(command, filled))
        expected = REFUSED[gallery].get(name)
        if dump:
            with open(f"{dump}/{gallery}.txt", "a") as file:
                file.write(f"### {name} -> {ended.code}\n{ended.out[-2500:]}\n{ended.err[-800:]}\n")
        said = f"{ended.out}\n{ended.err}"
        if (ended.code == 0) != (expected is None) or (expected or "") not in said or "Traceback" in said:
            wrong.append(f"{name}: {ended.code}, expected {expected!r}: {said[-600:]}")
    assert not wrong, "\n\n".join(wrong)
