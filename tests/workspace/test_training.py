from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.errors import ReidError
from reid_core.files import only_one_process
from reid_core.signals import StopRequest
from reid_core.training.run import Run
from reid_core.workspace.importing import import_dataset
from reid_core.workspace.training import create_run, resume_run, train_run, training_data
from reid_core.workspace.workspace import Workspace

TINY = {"backbone": "test_efficientnet", "weights": "none", "height": "64", "width": "32", "epochs": "1"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Ten drawn people, imported from `tmp_path / "site"`."""
    write_site(tmp_path / "site", SiteConfig(identities=10, cameras=2, crops_per_visit=(2, 2)))
    workspace = Workspace(tmp_path / "workspace")
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
