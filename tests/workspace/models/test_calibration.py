"""Calibrating a model in a workspace: on whom, what is refused, where it is kept, and what searching makes of it."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reid_core.embedder.card import ModelCard
from reid_core.embedder.model import model_id
from reid_core.errors import ReidError
from reid_core.evaluation.calibration.calibration import Calibration, calibrate
from reid_core.evaluation.calibration.meaning import calibration_for
from reid_core.training.recipe import Recipe
from reid_core.training.run import RunState
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import add_vectors
from reid_core.workspace.deletion.deletion import delete, receipts
from reid_core.workspace.models import calibration
from reid_core.workspace.models.calibration import calibrate_model, divide_people
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, TINY_MODEL, Ended
from tests.support.simulated_site import add_site


@pytest.fixture
def site(tiny_workspace: Workspace) -> Workspace:
    add_site(tiny_workspace)
    return tiny_workspace


def crops(**splits: list[str]) -> pd.DataFrame:
    rows = [(split, identity) for split, people in splits.items() for identity in people]
    table = pd.DataFrame(rows, columns=["split", "identity"])
    return table.assign(path=[f"{n}.jpg" for n in range(len(rows))], camera="1", tracklet=None, time=np.nan)


PEOPLE = [str(number) for number in range(40)]


def test_training_people_calibrate_and_test_people_check() -> None:
    division = divide_people(crops(train=["a", "b"], query=["c"], gallery=["c", "d"]), (), ())
    assert set(division.calibration["identity"]) == {"a", "b"}
    assert set(division.check["identity"]) == {"c", "d"}


def test_without_training_people_two_thirds_calibrate_and_the_others_check() -> None:
    division = divide_people(crops(query=PEOPLE, gallery=PEOPLE), (), ())
    ours, theirs = set(division.calibration["identity"]), set(division.check["identity"])
    assert not ours & theirs
    assert ours | theirs == set(PEOPLE)
    assert 20 <= len(ours) <= 33
    again = divide_people(crops(gallery=PEOPLE[::-1]), (), ())
    assert set(again.calibration["identity"]) == ours
    assert set(divide_people(crops(gallery=PEOPLE), (), (), seed=1).calibration["identity"]) != ours


def test_whom_a_model_learnt_from_does_not_calibrate_it() -> None:
    table = crops(train=["x", "y"], query=PEOPLE, gallery=PEOPLE)
    division = divide_people(table, (), (), learnt=True, name="mine")
    assert not {"x", "y"} & {*division.calibration["identity"], *division.check["identity"]}
    with pytest.raises(ReidError, match="Model mine was trained on the training split"):
        divide_people(table, ("train",), ("query", "gallery"), learnt=True, name="mine")


def test_an_identity_on_both_sides_is_refused() -> None:
    with pytest.raises(ReidError, match="2 identities would be both in the calibration and in its check.*'b'"):
        divide_people(crops(query=["a", "b", "c"], gallery=["b", "c"]), ("query",), ("gallery",))


def test_one_side_alone_is_no_division() -> None:
    with pytest.raises(ReidError, match="or neither"):
        divide_people(crops(query=["a"], gallery=["a"]), ("query",), ())


def test_a_calibration_is_kept_in_the_card_and_leaves_the_model_itself_as_it_is(site: Workspace) -> None:
    folder = site.find_model(TINY_MODEL)
    id = model_id(folder)
    found = calibrate_model(site, "site", TINY_MODEL, also=[TINY_GALLERY], purpose="case 7")
    assert (found.model, found.people, found.galleries) == (id, 60, ("site", TINY_GALLERY))
    assert found.check is not None
    assert found.check["people"] == 30
    assert model_id(folder) == id
    kept = ModelCard.read(folder).calibration
    assert calibration_for(kept, model=id, name=TINY_MODEL, gallery=TINY_GALLERY) == (found, "")
    (entry,) = [line for line in site.catalogue.audit() if line["action"] == "calibrate"]
    assert entry["purpose"] == "case 7"


def test_the_same_kind_is_replaced_and_another_is_kept_beside_it(site: Workspace) -> None:
    folder = site.find_model(TINY_MODEL)
    for kind, seed in (("day", 0), ("night", 0), ("day", 1)):
        calibrate_model(
            site, "site", TINY_MODEL, kind=kind, seed=seed, calibrate_on=["query", "gallery"], check_on=["train"]
        )
    assert sorted(ModelCard.read(folder).calibration or {}) == ["day", "night"]


def test_a_gallery_that_is_gone_leaves_its_name_without_a_calibration(site: Workspace) -> None:
    folder = site.find_model(TINY_MODEL)
    calibrate_model(site, "site", TINY_MODEL, kind="both", also=[TINY_GALLERY])
    calibrate_model(site, "site", TINY_MODEL, kind="one")
    delete(site, "site", Selection(), purpose="a test")
    kept = ModelCard.read(folder).calibration or {}
    assert {kind: values["galleries"] for kind, values in kept.items()} == {"both": [TINY_GALLERY]}
    delete(site, TINY_GALLERY, Selection(), purpose="a test")
    assert ModelCard.read(folder).calibration is None


@pytest.mark.parametrize("killed_at", ["before anything is wiped", "while the card is written"])
def test_a_gallerys_deletion_that_is_killed_takes_its_calibrations_at_the_next_opening(
    site: Workspace, killed_at: str
) -> None:
    folder = site.find_model(TINY_MODEL)
    calibrate_model(site, "site", TINY_MODEL, kind="both", also=[TINY_GALLERY])
    calibrate_model(site, "site", TINY_MODEL, kind="one")
    processes = multiprocessing.get_context("fork")
    arrived = processes.Event()

    def until_it_is_killed(*_: object) -> None:
        arrived.set()
        time.sleep(120)

    def delete_it() -> None:
        with pytest.MonkeyPatch.context() as patch:
            if killed_at == "before anything is wiped":
                patch.setattr("reid_core.workspace.deletion.deletion.finish", until_it_is_killed)
            else:
                patch.setattr(os, "fsync", until_it_is_killed)
            delete(open_workspace(site.path, TESTER), "site", Selection(), purpose="a test")

    process = processes.Process(target=delete_it)
    process.start()
    assert arrived.wait(60)
    process.kill()
    process.join()
    assert sorted(ModelCard.read(folder).calibration or {}) == ["both", "one"], "not one of two"
    again = open_workspace(site.path, TESTER)
    kept = ModelCard.read(folder).calibration or {}
    assert {kind: values["galleries"] for kind, values in kept.items()} == {"both": [TINY_GALLERY]}
    assert receipts(again)[0].finished is not None
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_a_selection_of_a_gallery_leaves_its_calibrations(site: Workspace) -> None:
    folder = site.find_model(TINY_MODEL)
    calibrate_model(site, "site", TINY_MODEL, kind="one")
    delete(site, "site", Selection(ids=frozenset({int(site.catalogue.crops("site")["id"].iloc[0])})), purpose="a test")
    assert sorted(ModelCard.read(folder).calibration or {}) == ["one"]


def test_a_damaged_card_keeps_no_deletion_from_its_end(site: Workspace) -> None:
    calibrate_model(site, "site", TINY_MODEL, kind="one")
    damaged = site.models_folder / "damaged"
    damaged.mkdir()
    (damaged / "card.json").write_text("{")
    assert delete(site, "site", Selection(), purpose="a test").finished is not None
    assert ModelCard.read(site.find_model(TINY_MODEL)).calibration is None


def test_a_shipped_model_is_copied_before_its_card_is_written(
    site: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    shutil.move(str(site.find_model(TINY_MODEL)), shipped / TINY_MODEL)
    for module in ("reid_core.workspace.models.calibration", "reid_core.workspace.workspace"):
        monkeypatch.setattr(f"{module}.SHIPPED_MODELS", shipped)
    before = (shipped / TINY_MODEL / "card.json").read_bytes()
    calibrate_model(site, "site", TINY_MODEL)
    assert (shipped / TINY_MODEL / "card.json").read_bytes() == before
    assert site.find_model(TINY_MODEL) == site.models_folder / TINY_MODEL
    assert ModelCard.read(site.find_model(TINY_MODEL)).calibration
    assert model_id(site.find_model(TINY_MODEL)) == model_id(shipped / TINY_MODEL)


def test_of_many_crops_everybody_keeps_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "MOST_CROPS", 120)
    table = crops(gallery=[str(n % 40) if n < 80 else "0" for n in range(300)])
    part = calibration._part(table, 0)
    assert len(part) == 120
    assert part["identity"].nunique() == 40
    assert part["path"].is_unique


def test_the_command(site: Workspace, run_command: Callable[..., Ended]) -> None:
    site.catalogue.keep_serving("site", model_id(site.find_model(TINY_MODEL)))
    ended = run_command(site.path, "calibrate", "site", "--model", TINY_MODEL)
    assert ended.code == 0
    assert "1 in 100" in ended.out
    assert "too few people" in ended.out
    assert "Only 60 people: below 70 these intervals are too narrow" in ended.out
    values = run_command(site.path, "calibrate", "site", "--model", TINY_MODEL, "--json").json()
    assert values["people"] == 60
    assert json.loads(json.dumps(values)) == values
    refused = run_command(
        site.path, "calibrate", "site", "--model", TINY_MODEL, "--calibrate-on", "query", "--check-on", "gallery"
    )
    assert refused.code == 1
    assert "would be both in the calibration and in its check" in refused.err
    unknown = run_command(site.path, "calibrate", "site", "--calibrate-on", "evening", "--check-on", "train")
    assert "There is no split 'evening'" in unknown.err


def test_a_run_on_the_gallery_has_learnt_from_it(site: Workspace) -> None:
    run = site.new_run("first")
    shutil.copytree(site.find_model(TINY_MODEL), run.model)
    run.write_state(RunState("first", "site", Recipe(), "a test", status="finished"))
    model = next(entry for entry in site.models() if entry.name == TINY_MODEL)
    assert calibration._has_learnt_from(site, "site", model)
    assert not calibration._has_learnt_from(site, TINY_GALLERY, model)
    assert not calibration._has_learnt_from(site, "site", dataclasses.replace(model, id="another"))
    with pytest.raises(ReidError, match="was trained on the training split"):
        calibrate_model(site, "site", TINY_MODEL, calibrate_on=["train"], check_on=["query", "gallery"])


def test_a_card_that_names_the_gallery_keeps_its_training_people_out(site: Workspace) -> None:
    folder = site.find_model(TINY_MODEL)
    dataclasses.replace(ModelCard.read(folder), trained_on="gallery site (table)").write(folder)
    with pytest.raises(ReidError, match="by its card on data of this kind"):
        calibrate_model(site, "site", TINY_MODEL, calibrate_on=["train"], check_on=["query", "gallery"])
    with pytest.raises(ReidError, match="24 and 6 of 30 labelled people"):  # of 30 who are not in training
        calibrate_model(site, "site", TINY_MODEL)


def test_without_labels_there_is_nothing_to_calibrate_on(site: Workspace) -> None:
    with connect(site.catalogue.path) as database:
        database.execute("UPDATE crop SET identity = NULL")
    with pytest.raises(ReidError, match="has no labelled crops that stripes has embedded"):
        calibrate_model(site, "site", TINY_MODEL)


def test_a_broken_vector_is_named(site: Workspace) -> None:
    crop = site.catalogue.crops("site").iloc[7]
    broken = np.full((1, 16), np.nan, np.float32)
    add_vectors(site.catalogue, model_id(site.find_model(TINY_MODEL)), [int(crop["id"])], broken)
    with pytest.raises(ReidError, match=f"1 crop are not finite numbers, for example of {crop['path']}"):
        calibrate_model(site, "site", TINY_MODEL)


def test_four_people_are_too_few(tiny_workspace: Workspace) -> None:
    with pytest.raises(ReidError, match=r"at least 10 people .* here are \d and \d of 4"):
        calibrate_model(tiny_workspace, TINY_GALLERY, TINY_MODEL)


def test_people_who_are_enough_but_divided_unluckily_are_told_of_the_division(site: Workspace) -> None:
    """Of 25 people 7 check; that 7 are too few says nothing of a gallery of 25."""
    with site.catalogue.transaction() as database:
        database.execute("UPDATE crop SET identity = NULL WHERE CAST(identity AS INTEGER) < 66")
    with pytest.raises(ReidError) as refused:
        calibrate_model(site, "site", TINY_MODEL)
    said = str(refused.value)
    division = re.search(r"here are (\d+) and (\d+) of 25 labelled people", said)
    assert division is not None, said
    assert sum(map(int, division.groups())) == 25
    assert "--seed" in said


def test_one_person_of_two_cameras_is_not_said_to_be_of_one_camera(tiny_workspace: Workspace) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET identity = NULL WHERE identity <> '1'")
    with pytest.raises(ReidError, match=r"here are [01] and [01] of 1 labelled person\. Label more people\.$"):
        calibrate_model(tiny_workspace, TINY_GALLERY, TINY_MODEL)


@pytest.mark.parametrize("again", [False, True])
def test_a_gallery_that_is_deleted_meanwhile_leaves_no_calibration_to_another_of_its_name(
    site: Workspace, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    def slow(*given: Any, **named: Any) -> Calibration:
        delete(site, "site", Selection(), "test")
        if again:
            site.catalogue.add_gallery("site")
        return calibrate(*given, **named)

    monkeypatch.setattr(calibration, "calibrate", slow)
    with pytest.raises(ReidError, match="Gallery 'site' was deleted while the model was calibrated"):
        calibrate_model(site, "site", TINY_MODEL)
    assert ModelCard.read(site.find_model(TINY_MODEL)).calibration is None


def test_a_card_is_read_and_written_while_no_deletion_can_take_galleries_off_it(
    site: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tried = ModelCard.write, []

    def write(card: ModelCard, folder: Path) -> None:
        other = sqlite3.connect(site.catalogue.path, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        tried.append(folder)
        real(card, folder)

    monkeypatch.setattr(ModelCard, "write", write)
    calibrate_model(site, "site", TINY_MODEL)
    assert tried
