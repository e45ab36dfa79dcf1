from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import safetensors.torch
import torch

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder.card import ModelCard
from reid_core.errors import ReidError
from reid_core.files import only_one_process
from reid_core.signals import StopRequest
from reid_core.training.run import Run
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.withheld import withhold
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.runs import crop_watch
from reid_core.workspace.runs.training import create_run, resume_run, train_run
from reid_core.workspace.runs.training_crops import training_data
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER

TINY = {"backbone": "test_efficientnet", "weights": "none", "height": "64", "width": "32", "epochs": "1"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Ten drawn people, imported from `tmp_path / "site"`."""
    write_site(tmp_path / "site", SiteConfig(identities=10, cameras=2, crops_per_visit=(2, 2)))
    workspace = Workspace(tmp_path / "workspace", TESTER)
    import_dataset(workspace, read_dataset(tmp_path / "site", train_share=1.0), "site", stop=StopRequest())
    return workspace


def train_to_the_end(workspace: Workspace, run: Run) -> list[str]:
    said: list[str] = []
    train_run(workspace, run, stop=StopRequest(), on_step=lambda *given: None, say=said.append)
    return said


def test_crops_whose_pictures_are_gone_are_left_out_and_counted(workspace: Workspace, tmp_path: Path) -> None:
    pictures = sorted((tmp_path / "site").rglob("*.jpg"))
    pictures[0].unlink()
    data, missing = training_data(workspace, "site")
    assert [item.path for item in missing] == [pictures[0].relative_to(tmp_path / "site").as_posix()]
    assert len(data.records) == len(pictures) - 1
    said = train_to_the_end(workspace, create_run(workspace, "site", "reference", TINY, None))
    assert any("1 crop left out" in line for line in said)


def test_without_any_picture_left_nothing_is_trained_and_no_run_is_made(workspace: Workspace, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "site")
    with pytest.raises(ReidError, match="no labelled training crops"):
        create_run(workspace, "site", "reference", TINY, None)
    assert workspace.runs() == []


def test_a_run_in_use_by_another_process_is_left_alone(workspace: Workspace) -> None:
    run = create_run(workspace, "site", "reference", TINY, "mine")
    with only_one_process(run.folder / "lock", "The run mine"), pytest.raises(ReidError, match="another process"):
        train_to_the_end(workspace, run)
    assert run.state().status == "stopped"
    train_to_the_end(workspace, resume_run(workspace, "mine"))
    assert run.state().status == "finished"


def test_a_models_terms_name_each_data_set_it_learned_from(workspace: Workspace, tmp_path: Path) -> None:
    assert training_data(workspace, "site")[0].terms == "those of your own data"
    folder = tmp_path / "market" / "bounding_box_train"
    folder.mkdir(parents=True)
    for number, picture in enumerate(sorted((tmp_path / "site").rglob("*.jpg"))[:4]):
        shutil.copyfile(picture, folder / f"000{number // 2 + 1}_c{number % 2 + 1}s1_00000{number}_00.jpg")
    import_dataset(workspace, read_dataset(tmp_path / "market"), "site", stop=StopRequest())
    assert "Market-1501" in training_data(workspace, "site")[0].terms
    assert "your own data" in training_data(workspace, "site")[0].terms


def test_one_damaged_model_does_not_hide_the_others(workspace: Workspace, tiny_model: Path) -> None:
    shutil.copytree(tiny_model, workspace.models_folder / "stripes")
    for name, card in (("broken", "{"), ("empty", (tiny_model / "card.json").read_text())):
        (workspace.models_folder / name).mkdir()
        (workspace.models_folder / name / "card.json").write_text(card)
    names = [entry.name for entry in workspace.models()]
    assert "stripes" in names
    assert not {"broken", "empty"} & set(names)


@pytest.mark.parametrize("content", ["null", "{}", "[]", "", '{"recipe": 3}', '{"recipe": {}, "process": -5}'])
def test_a_damaged_run_is_a_sentence(workspace: Workspace, content: str) -> None:
    run = create_run(workspace, "site", "reference", TINY, "mine")
    (run.folder / "run.json").write_text(content)
    with pytest.raises(ReidError, match="mine"):
        run.state()


def test_a_new_run_starts_from_an_earlier_runs_best_weights_and_inherits_its_terms(workspace: Workspace) -> None:
    first = create_run(workspace, "site", "reference", TINY, "first")
    train_to_the_end(workspace, first)
    card = ModelCard.read(first.model)
    card = dataclasses.replace(card, terms="not for sale")
    card.write(first.model)
    still = {**TINY, "weights": "run:first", "learning_rate": "1e-12", "averaging": "0.999"}
    second = create_run(workspace, "site", "reference", still, "second")
    train_to_the_end(workspace, second)
    start, end = (safetensors.torch.load_file(run.best_weights) for run in (first, second))
    for name in ("backbone.conv_stem.weight", "neck.weight"):
        torch.testing.assert_close(end[name], start[name], rtol=1e-5, atol=1e-6)
    made = ModelCard.read(second.model)
    assert made.recipe["start"] == "run first"
    assert "not for sale" in made.terms
    assert card.trained_on in made.trained_on


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"weights": "run:nobody"}, "no run nobody"),
        ({"weights": "run:../site"}, "names no run"),
        ({"backbone": "test_efficientnett"}, "Nearest names: .*test_efficientnet"),
        ({"batches": "pk", "batch_size": "64"}, "people with 4 crops"),
        ({"loss": "arcfase"}, "Did you mean arcface"),
    ],
)
def test_what_cannot_be_trained_makes_no_run(workspace: Workspace, values: dict[str, str], said: str) -> None:
    with pytest.raises(ReidError, match=said):
        create_run(workspace, "site", "reference", {**TINY, **values}, None)
    assert workspace.runs() == []


def test_two_runs_of_one_name_are_refused(workspace: Workspace) -> None:
    create_run(workspace, "site", "reference", TINY, "mine")
    with pytest.raises(ReidError, match="There is a run mine already"):
        create_run(workspace, "site", "reference", TINY, "mine")


def test_a_recipe_that_a_run_kept_trains_another(workspace: Workspace) -> None:
    run = create_run(workspace, "site", "reference", TINY, "mine")
    train_to_the_end(workspace, run)
    again = create_run(workspace, "site", str(run.recipe), {"epochs": "2"}, None)
    assert again.folder.name == "site-recipe"
    assert again.state().recipe == run.state().recipe.replace(epochs=2)


@pytest.mark.parametrize("all_of_them", [True, False])
def test_a_run_whose_crops_are_deleted_ends_and_keeps_nothing_that_shows_them(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, all_of_them: bool
) -> None:
    monkeypatch.setattr(crop_watch, "SECONDS_BETWEEN_LOOKS", 0)
    run = create_run(workspace, "site", "reference", {**TINY, "epochs": "3", "batch_size": "8"}, "mine")
    person = workspace.catalogue.crops("site")["identity"].iloc[0]
    which = Selection() if all_of_them else Selection(identities=frozenset({person}))

    def on_step(step: int, steps: int, note: str) -> None:
        if step == 2:
            assert run.batch_picture.is_file()
            delete(workspace, "site", which, "test")

    said = "All crops that this run" if all_of_them else r"\d+ crops of \d+ that this run"
    with pytest.raises(ReidError, match=f"{said} trains on were deleted from gallery site"):
        train_run(workspace, run, stop=StopRequest(), on_step=on_step, say=lambda text: None)
    state = run.state()
    assert state.status == "failed"
    assert not run.batch_picture.exists()
    resumed = resume_run(workspace, "mine")
    if all_of_them:
        with pytest.raises(ReidError, match="There is no gallery 'site'"):
            train_to_the_end(workspace, resumed)
    else:  # there was no checkpoint yet, so it begins anew, on who is left
        train_to_the_end(workspace, resumed)
        assert resumed.state().status == "finished"


@pytest.mark.parametrize("kind", ["withheld", "unlabelled", "distractor", "tested on"])
def test_a_run_goes_on_when_crops_are_deleted_that_it_does_not_train_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(crop_watch, "SECONDS_BETWEEN_LOOKS", 0)
    crops = workspace.catalogue.crops("site")
    one = int(crops["id"].iloc[0])
    changes = {"unlabelled": "identity = NULL", "distractor": "identity = 'distractor'"}
    changes["tested on"] = "split = 'gallery', identity = 'another'"
    if kind == "withheld":
        withhold(workspace.catalogue, "site", Selection(ids=frozenset({one})))
    else:
        with connect(workspace.catalogue.path) as database:
            database.execute(f"UPDATE crop SET {changes[kind]} WHERE id = ?", (one,))
    run = create_run(workspace, "site", "reference", TINY, "mine")

    def on_step(step: int, steps: int, note: str) -> None:
        if step == 1:
            delete(workspace, "site", Selection(ids=frozenset({one})), "test")

    assert train_run(workspace, run, stop=StopRequest(), on_step=on_step, say=print).status == "finished"
    assert len(workspace.catalogue.crops("site")) == len(crops) - 1


def test_a_crop_that_is_withheld_while_a_run_trains_on_it_still_ends_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crop_watch, "SECONDS_BETWEEN_LOOKS", 0)
    one = Selection(ids=frozenset({int(workspace.catalogue.crops("site")["id"].iloc[0])}))
    run = create_run(workspace, "site", "reference", {**TINY, "epochs": "3", "batch_size": "8"}, "mine")

    def on_step(step: int, steps: int, note: str) -> None:
        if step == 1:
            withhold(workspace.catalogue, "site", one)
        if step == 2:
            delete(workspace, "site", one, "test")

    with pytest.raises(ReidError, match=r"1 crop of \d+ that this run trains on were deleted"):
        train_run(workspace, run, stop=StopRequest(), on_step=on_step, say=print)


def test_a_label_that_is_mended_meanwhile_ends_no_run(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crop_watch, "SECONDS_BETWEEN_LOOKS", 0)
    run = create_run(workspace, "site", "reference", TINY, "mine")

    def on_step(step: int, steps: int, note: str) -> None:
        with connect(workspace.catalogue.path) as database:
            database.execute("UPDATE counter SET seq = seq + 1")
            database.execute("UPDATE crop SET split = 'query' WHERE id = (SELECT min(id) FROM crop)")

    assert train_run(workspace, run, stop=StopRequest(), on_step=on_step, say=print).status == "finished"
