"""Deleting a person reaches what runs keep of her: the batch's picture, predictions, lines of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.training.monitoring.predictions import (
    Confusion,
    Crop,
    Hit,
    Prediction,
    Predictions,
    predicted_epochs,
    read_predictions,
    write_predictions,
)
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run, RunState
from reid_core.workspace import layout
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.runs.inspection import inspect_gallery
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, TINY_PEOPLE

GONE, STAYS, OTHER = TINY_PEOPLE[0], TINY_PEOPLE[1], TINY_PEOPLE[2]


def add_run(workspace: Workspace, name: str, gallery: str) -> Run:
    run = Run(workspace.runs_folder / name)
    run.folder.mkdir(parents=True)
    run.write_state(RunState(name, gallery, Recipe(), "a test", status="finished"))
    run.batch_picture.write_bytes(b"pixels")
    run.log("started at step 0")
    run.log("loss nan on the crops secret-1.png, secret-2.png")
    return run


def crops_of(workspace: Workspace, identity: str) -> list[Crop]:
    table = workspace.catalogue.crops(TINY_GALLERY)
    own = table[table["identity"] == identity]
    columns = (own[column].astype(str).tolist() for column in ("source", "path", "identity", "camera"))
    return [Crop(*row) for row in zip(*columns, strict=True)]


def predictions(workspace: Workspace) -> Predictions:
    """A query of who goes, one of who stays among whose hits is who goes, and one that touches neither."""
    gone, stays, other = (crops_of(workspace, who) for who in (GONE, STAYS, OTHER))

    def one(query: Crop, hit: Crop, first: Crop) -> Prediction:
        return Prediction(query, 0.5, [Hit(hit, 1, 0.9, False)], Hit(first, 2, 0.8, True))

    every = [one(gone[0], other[0], gone[1]), one(stays[0], gone[0], stays[1]), one(other[0], stays[0], other[1])]
    confused = [Confusion(GONE, OTHER, 1, 2), Confusion(STAYS, GONE, 1, 2), Confusion(STAYS, OTHER, 1, 2)]
    return Predictions(1, every, every[:1], every[2:], confused, [Confusion("a", "b", 1, 2)])


@pytest.mark.parametrize("interrupted", [False, True])
def test_what_shows_or_names_the_deleted_goes_from_the_runs_of_the_gallery(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    run, elsewhere = add_run(tiny_workspace, "here", TINY_GALLERY), add_run(tiny_workspace, "there", "another")
    damaged = add_run(tiny_workspace, "damaged", TINY_GALLERY)
    (damaged.folder / "run.json").write_text("{")
    before = predictions(tiny_workspace)
    for each in (run, elsewhere):
        write_predictions(each, before)
    if interrupted:
        with monkeypatch.context() as patch:
            patch.setattr(deletion, "finish", lambda *given, **named: False)
            deletion.delete(tiny_workspace, TINY_GALLERY, Selection(identities=frozenset({GONE})), "test")
        assert run.batch_picture.exists()
        tiny_workspace = open_workspace(tiny_workspace.path, TESTER)  # goes on with what is left
    else:
        deletion.delete(tiny_workspace, TINY_GALLERY, Selection(identities=frozenset({GONE})), "test")

    left = read_predictions(run, 1)
    assert left.worst == left.random == before.worst[2:]
    assert left.best == []
    assert left.confused_identities == [Confusion(STAYS, OTHER, 1, 2)]
    assert left.confused_cameras == before.confused_cameras
    assert not run.batch_picture.exists()
    assert not damaged.batch_picture.exists()
    said = (run.folder / "log.txt").read_text()
    assert "started at step 0" in said
    assert "loss nan" in said
    assert "secret" not in said
    assert read_predictions(elsewhere, 1) == before
    assert elsewhere.batch_picture.exists()


def test_with_the_whole_gallery_every_prediction_goes(tiny_workspace: Workspace) -> None:
    run = add_run(tiny_workspace, "here", TINY_GALLERY)
    write_predictions(run, predictions(tiny_workspace))
    inspect_gallery(tiny_workspace, TINY_GALLERY)
    kept = tiny_workspace.path / layout.INSIGHTS / f"{TINY_GALLERY}.json"
    assert kept.exists()
    deletion.delete(tiny_workspace, TINY_GALLERY, Selection(), "test")
    left = read_predictions(run, predicted_epochs(run)[0])
    assert [*left.worst, *left.best, *left.random] == []
    assert left.confused_identities == []
    assert not kept.exists()
    assert not Path(run.batch_picture).exists()
