"""Several runs that answer one question: folds share nobody, trials share who validates, and both go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.errors import ReidError
from reid_core.signals import StopRequest
from reid_core.training.planning.tuning import parse_space, suggest, typed_space
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.runs.training_crops import training_data
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended

TINY = ["--backbone", "test_efficientnet", "--weights", "none", "--height", "64", "--width", "32", "--epochs", "1"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder / "site", SiteConfig(identities=10, cameras=2, crops_per_visit=(2, 2)))
    workspace = Workspace(folder / "workspace", TESTER)
    import_dataset(workspace, read_dataset(folder / "site", train_share=1.0), "site", stop=StopRequest())
    return workspace


def test_each_person_validates_in_one_fold_and_finished_folds_are_kept(
    site: Workspace, run_command: Callable[..., Ended]
) -> None:
    from reid_core.training.crops.data import divide

    command = ["cross-validate", "site", "--folds", "2", "--name", "cv", *TINY, "--json"]
    first = run_command(site.path, *command).json()
    assert [part["run"] for part in first["folds"]] == ["cv-fold1", "cv-fold2"]
    assert all(part["status"] == "finished" for part in first["folds"])
    figures = [part["mAP"] for part in first["folds"]]
    assert first["mean_and_deviation"]["mAP"] == pytest.approx(
        [sum(figures) / 2, abs(figures[0] - figures[1]) / 2**0.5]
    )
    data, _ = training_data(site, "site")
    sides = []
    for number in (1, 2):
        state = Run(site.runs_folder / f"cv-fold{number}").state()
        assert state.fold == (number, 2)
        sides.append(set(divide(data, state.recipe, state.fold).rows("query", "gallery")["identity"]))
    assert not sides[0] & sides[1]
    assert sides[0] | sides[1] == set(data.rows("train")["identity"])
    made = {file: file.stat().st_mtime_ns for file in site.runs_folder.glob("cv-*/best.safetensors")}
    assert run_command(site.path, *command).json() == first
    assert {file: file.stat().st_mtime_ns for file in made} == made
    other = run_command(site.path, *command[:-1], "--seed", "5", "--json")
    assert "another --name" in other.json()["error"]


def test_a_search_tries_every_combination_and_goes_on_past_one_that_fails(
    site: Workspace, run_command: Callable[..., Ended]
) -> None:
    command = ["tune", "site", "--recipe", "quick", "--name", "s", "--try", "learning_rate=1e-3,1e-2",
               "--try", "batches=random,pk", "--batch-size", "16", "--validation", "0.3", *TINY]  # fmt: skip
    found = run_command(site.path, *command, "--json").json()
    assert {part["run"] for part in found["trials"]} == {"s-t01", "s-t02", "s-t03", "s-t04"}
    tried = {(part["values"]["learning_rate"], part["values"]["batches"]) for part in found["trials"]}
    assert tried == {(1e-3, "random"), (1e-3, "pk"), (1e-2, "random"), (1e-2, "pk")}
    measured = [part["mAP"] for part in found["trials"] if part["mAP"] is not None]
    assert measured == sorted(measured, reverse=True)
    table = run_command(site.path, *command)
    assert "s-t01" in table.out + table.err


def test_optuna_chooses_from_what_is_left_and_the_same_again() -> None:
    pytest.importorskip("optuna", reason="needs the extra tune")
    space = {"epochs": (1, 2, 3), "batch_size": (8, 16)}
    left: list[tuple[Any, ...]] = [(epochs, size) for epochs in (1, 2, 3) for size in (8, 16)]
    done: list[tuple[tuple[Any, ...], float | None]] = []
    while left:
        choice = suggest(space, done, left, seed=3)
        assert choice == suggest(space, done, left, seed=3)
        left.remove(choice)
        done.append((choice, None if len(done) == 1 else float(choice[0])))
    assert len(done) == 6


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["learning_rate"], "must be written name=value"),
        (["learning_rat=1,2"], "Did you mean learning_rate"),
        (["seed=1,2"], "decides who validates"),
        (["epochs=1,2", "epochs=3"], "given twice"),
        ([], "Say what to try"),
    ],
)
def test_a_space_that_cannot_be_searched_is_a_sentence(texts: list[str], said: str) -> None:
    with pytest.raises(ReidError, match=said):
        parse_space(texts)


def test_values_are_typed_and_one_that_never_fits_is_named() -> None:
    space = typed_space(Recipe(), parse_space(["learning_rate=1e-3,3e-4", "loss=arcface|arcface + triplet"]))
    assert space == {"learning_rate": (1e-3, 3e-4), "loss": ("arcface", "arcface + triplet")}
    with pytest.raises(ReidError, match="epochs is 'many'"):
        typed_space(Recipe(), parse_space(["epochs=1,many"]))


def test_recipes_come_from_a_file_and_are_printed_whole(
    site: Workspace, tmp_path: Path, run_command: Callable[..., Ended]
) -> None:
    printed = run_command(site.path, "train", "site", "--print-recipe", *TINY, "--epochs", "2").out
    (tmp_path / "mine.yaml").write_text(printed)
    done = run_command(site.path, "train", "site", "--recipe", tmp_path / "mine.yaml", "--epochs", "1", "--json")
    assert done.json().get("run") == "site-mine", done.out + done.err
    kept = json.loads((site.runs_folder / "site-mine" / "run.json").read_text())
    assert (kept["recipe"]["height"], kept["recipe"]["epochs"]) == (64, 1)


def test_networks_are_listed_with_where_their_weights_are(site: Workspace, run_command: Callable[..., Ended]) -> None:
    found = run_command(site.path, "backbones", "*efficientnet_lite0", "--json").json()["backbones"]
    assert found["tf_efficientnet_lite0"] == "here"
    assert "timm has no backbone 'nonsense'. Nearest names:" in run_command(site.path, "backbones", "nonsense").err
