from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset

if TYPE_CHECKING:
    from conftest import Miniature


def test_the_tracks_of_the_class_person_are_people_and_other_things_are_left_out(miniature: Miniature) -> None:
    people = {f"exp/crops/person/{track}/frame_{frame}.jpg": track for track in "123" for frame in "12"}
    things = ["exp/crops/handbag/91/frame_0.jpg", "exp/crops/cell phone/7/frame_0.jpg"]
    dataset = read_dataset(miniature.make([*people, *things]))
    assert dataset.format == "tracker's crops"
    assert miniature.column(dataset, "identity") == people
    assert miniature.column(dataset, "tracklet") == people
    assert miniature.skipped(dataset) == {
        things[0]: "it shows a handbag, not a person",
        things[1]: "it shows a cell phone, not a person",
    }


@pytest.mark.parametrize(
    "pictures",
    [["person/1/a.jpg", "person/2/a.jpg", "dog/3/a.jpg"], ["crops/person/1/a.jpg", "crops/person/2/a.jpg"]],
)
def test_the_folder_crops_itself_and_a_single_class(miniature: Miniature, pictures: list[str]) -> None:
    dataset = read_dataset(miniature.make(pictures))
    assert dataset.format == "tracker's crops"
    assert dataset.records.identities() == ["1", "2"]


def test_a_number_means_another_person_in_another_run_and_in_another_film(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["exp/crops/person/1/a.jpg", "exp2/crops/person/1/a.jpg"]))
    assert dataset.records.identities() == ["exp-1", "exp2-1"]


def test_films_below_the_folder_crops(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["exp/crops/gate/person/1/a.jpg", "exp/crops/lobby/person/1/a.jpg"]))
    assert dataset.records.identities() == ["gate-1", "lobby-1"]


def test_a_detector_without_a_tracker_names_nobody(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["predict/crops/person/im1.jpg", "predict/crops/car/im1.jpg"]))
    assert dataset.records.table["identity"].tolist() == [None]
    assert dataset.records.table["split"].tolist() == ["gallery"]


@pytest.mark.parametrize(
    "pictures",
    [
        ["crops/anna/1/a.jpg", "crops/ben/1/a.jpg"],
        ["crops/train/anna/1/a.jpg", "crops/train/anna/2/a.jpg", "crops/train/ben/1/a.jpg"],
        ["crops/person_01/1/a.jpg", "crops/person_01/2/a.jpg", "crops/person_02/1/a.jpg"],
        ["ada/1.jpg", "bo/1.jpg", "crops/person/1/a.jpg"],
        ["person/1/a.jpg", "person/2/a.jpg"],
        ["rose/1/a.jpg", "cat/1/a.jpg"],
    ],
)
def test_folders_that_are_no_classes_are_left_to_others(miniature: Miniature, pictures: list[str]) -> None:
    assert read_dataset(miniature.make(pictures)).format == "folder per identity"


def test_what_a_run_leaves_outside_crops_is_left_out(miniature: Miniature) -> None:
    people = {f"exp/crops/person/{track}/f{frame}.jpg": track for track in "12" for frame in "01"}
    dataset = read_dataset(miniature.make([*people, "exp/im0.jpg", "exp/im1.jpg", "labels.jpg"]))
    assert miniature.column(dataset, "identity") == people
    assert miniature.skipped(dataset) == dict.fromkeys(
        ["exp/im0.jpg", "exp/im1.jpg", "labels.jpg"], "it lies outside crops"
    )


def test_next_to_a_class_of_people_classes_of_any_name_are_left_out(miniature: Miniature) -> None:
    pictures = [f"exp/crops/{kind}/{track}/f0.jpg" for kind in ("person", "forklift") for track in "12"]
    dataset = read_dataset(miniature.make(pictures))
    assert miniature.column(dataset, "identity") == {pictures[0]: "1", pictures[1]: "2"}
    assert miniature.skipped(dataset) == dict.fromkeys(pictures[2:], "it shows a forklift, not a person")


def test_without_a_class_of_people_the_tracks_of_all_are_people(miniature: Miniature) -> None:
    pictures = [f"crops/{kind}/{track}/f{f}.jpg" for kind in ("player", "referee") for track in "12" for f in "01"]
    dataset = read_dataset(miniature.make(pictures))
    assert dataset.records.identities() == ["player-1", "player-2", "referee-1", "referee-2"]
    assert "all classes are read as people: player, referee." in dataset.notes[0]
    others = ["crops/player/1/a.jpg", "crops/player/2/a.jpg", "crops/referee/7/a.jpg"]
    (miniature.folder / "other").mkdir()
    dataset = read_dataset(type(miniature)(miniature.folder / "other", miniature.is_zip).make(others))
    assert dataset.records.identities() == ["1", "2", "7"]


def test_tracks_may_be_called_so(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["a/crops/person/id_1/f.jpg", "b/crops/person/id_1/f.jpg", "a/im0.jpg"]))
    assert dataset.records.identities() == ["a-id_1", "b-id_1"]
