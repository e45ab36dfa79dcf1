"""Time zones and camera patterns that a person types."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.base import MAX_PATH_FOR_PATTERN, Options
from reid_core.datasets.choices import compile_camera_pattern, find_time_zone
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature


def test_zones_are_found_by_their_names() -> None:
    assert find_time_zone(None) is UTC
    assert find_time_zone("UTC") is UTC
    assert str(find_time_zone("America/New_York")) == "America/New_York"


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("Europe/Lodnon", "Europe/London"),
        ("london", "Europe/London"),
        ("europe/london", "Europe/London"),
        ("New York", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_an_unknown_zone_names_the_nearest(wrong: str, meant: str) -> None:
    with pytest.raises(ReidError, match=f"no time zone '{wrong}'.*Did you mean '(.*)'") as error:
        find_time_zone(wrong)
    assert f"{meant}'?" in str(error.value)


@pytest.mark.parametrize("wrong", ["../../etc/passwd", "x" * 5000, "a\0b", "", "Europe"])
def test_no_zone_leads_to_a_file(wrong: str) -> None:
    with pytest.raises(ReidError, match="There is no time zone"):
        find_time_zone(wrong)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("lobby-(", "is no regular expression"),
        ("*", "is no regular expression"),
        (r"lobby-\w+", "has no groups"),
        (r"(lobby)-(\w+)", "has 2 groups"),
        ("(" + "a" * 200 + ")", "has 202 characters"),
        ("(a{99999999999999999999})", "is no regular expression"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_a_sentence(tmp_path: Path, pattern: str, reason: str) -> None:
    with pytest.raises(ReidError, match=reason):
        read_dataset(tmp_path, camera_pattern=pattern)


def test_the_pattern_tells_the_camera_of_flat_pictures(miniature: Miniature) -> None:
    names = {"lobby-north_1.jpg": "north", "x_lobby-b2.jpg": "b2", "hall_c3.jpg": "3", "other.jpg": None}
    dataset = read_dataset(miniature.make(names), camera_pattern=r"lobby-([a-z0-9]+)")
    assert miniature.column(dataset, "camera") == names


@pytest.mark.parametrize("pattern", [r"lobby-(\w+)", r"(lobby-\w+)/"])
def test_a_folder_of_a_camera_is_no_person(miniature: Miniature, pattern: str) -> None:
    path = miniature.make([f"lobby-{camera}/{shot}.jpg" for camera in "ab" for shot in "xy"])
    assert read_dataset(path).format == "folder per identity"
    dataset = read_dataset(path, camera_pattern=pattern)
    assert dataset.format == "flat folder"
    assert [camera.removeprefix("lobby-") for camera in dataset.records.cameras()] == ["a", "b"]


def test_people_in_or_above_folders_of_cameras_keep_their_names(miniature: Miniature) -> None:
    names = ["lobby-a/ada/1.jpg", "lobby-b/ada/2.jpg", "bo/lobby-a/1.jpg", "bo/3.jpg"]
    dataset = read_dataset(miniature.make(names), camera_pattern=r"lobby-(\w+)")
    assert miniature.column(dataset, "identity") == dict(zip(names, ["ada", "ada", "bo", "bo"], strict=True))
    assert miniature.column(dataset, "camera") == dict(zip(names, ["a", "b", "a", None], strict=True))


def test_a_lone_camera_folder_is_no_person_even_if_asked(miniature: Miniature) -> None:
    path = miniature.make(["lobby-a/1.jpg", "lobby-a/2.jpg"])
    assert read_dataset(path, camera_pattern=r"lobby-(\w+)").records.cameras() == ["a"]
    with pytest.raises(ReidError, match="is not in the format 'identity-folders'"):
        read_dataset(path, camera_pattern=r"lobby-(\w+)", format="identity-folders")


def test_a_person_above_a_lone_camera_folder_is_one_where_asked(tmp_path: Path) -> None:
    (tmp_path / "anna" / "lobby-a").mkdir(parents=True)
    (tmp_path / "anna" / "lobby-a" / "1.jpg").write_bytes(b"never decoded")
    asked = read_dataset(tmp_path, camera_pattern=r"lobby-(\w+)", format="identity-folders")
    assert asked.records.identities() == ["anna"]


def test_the_pattern_takes_the_place_of_what_a_published_name_or_a_table_says(miniature: Miniature) -> None:
    names = ["query/0007_c1s1_000000_00.jpg", "bounding_box_test/0007_c3s2_000100_01.jpg"]
    dataset = read_dataset(miniature.make(names), camera_pattern=r"c(\ds\d)_")
    assert dataset.records.cameras() == ["1s1", "3s2"]
    table = "image,identity,camera\nnorth/a.jpg,ada,1\nb.jpg,ada,2\n"
    dataset = read_dataset(
        miniature.make(["north/a.jpg", "b.jpg"], {"t.csv": table}), format="table", camera_pattern="(north|south)/"
    )
    assert miniature.column(dataset, "camera") == {"north/a.jpg": "north", "b.jpg": "2"}


def test_a_pattern_never_runs_on_a_long_path() -> None:
    options = Options(camera_pattern=compile_camera_pattern(r"cam(\d)"))
    assert options.find_camera("x" * (MAX_PATH_FOR_PATTERN - 4) + "cam2") is not None
    assert options.find_camera("x" * (MAX_PATH_FOR_PATTERN - 3) + "cam2") is None


def test_a_pattern_that_takes_too_long_is_refused_on_the_first_such_path(tmp_path: Path) -> None:
    (tmp_path / ("a" * 240 + "b.jpg")).write_bytes(b"never decoded")
    with pytest.raises(ReidError, match=r"took over 0\.\d+ s on 'aaa"):
        read_dataset(tmp_path, camera_pattern=r"((?:a|aa)+)$")  # it would take longer than the universe is old


def test_an_empty_or_missing_group_tells_nothing() -> None:
    for pattern in (r"cam(\d*)", r"cam(\d)?"):
        assert Options(camera_pattern=compile_camera_pattern(pattern)).find_camera("cam/x.jpg") is None


@pytest.mark.parametrize("pattern", [r"(a{1000000000})", r"((?:(?:a{1000}){1000}){100})", "(a{" + "9" * 150 + "})"])
def test_a_pattern_whose_counts_take_gigabytes_is_refused_unread(pattern: str) -> None:
    with pytest.raises(ReidError, match="repeats a part over 100,000 times"):
        compile_camera_pattern(pattern)
    assert compile_camera_pattern(r"(\d{4})-\d{2}-\d{2}_[0-9a-f]{12}") is not None


def test_the_identity_pattern_tells_people_of_flat_names_and_of_folders(miniature: Miniature) -> None:
    names = {f"x/{p}_{c}_{s}.jpg": p for p in ("12", "13") for c in "ab" for s in "12"} | {
        "x/none.jpg": None,
        "-1_a.jpg": "junk",
    }
    dataset = read_dataset(miniature.make(names), identity_pattern=r"(-?\d+)_[ab]")
    assert dataset.format == "people by pattern"
    assert miniature.column(dataset, "identity") == names


def test_the_identity_pattern_alone_tells_people_and_folders_still_tell_splits(miniature: Miniature) -> None:
    names = {
        "train/crops/person/1/a.jpg": ("1", "train"),
        "query/crops/person/2/a.jpg": ("2", "query"),
        "gallery/crops/person/2/b.jpg": ("2", "gallery"),
        "gallery/crops/bag/9/b.jpg": (None, "gallery"),
    }
    dataset = read_dataset(miniature.make(names), identity_pattern=r"person/(\d+)/", format="identity-folders")
    told = zip(*(miniature.column(dataset, key).items() for key in ("identity", "split")), strict=True)
    assert {path: (person, split) for (path, person), (_, split) in told} == names


def test_the_identity_pattern_takes_the_place_of_what_a_layout_or_a_table_says(miniature: Miniature) -> None:
    path = miniature.make(["a-7/x.jpg", "b-8/y.jpg"], {"t.csv": "image,identity\na-7/x.jpg,ada\nb-8/y.jpg,bo\n"})
    assert read_dataset(path, identity_pattern=r"-(\d)/").records.identities() == ["7", "8"]
    assert read_dataset(path, identity_pattern=r"a-(\d)/").records.identities() == ["7", "bo"]


def test_a_camera_pattern_that_finds_no_camera_is_refused_with_a_path(miniature: Miniature) -> None:
    with pytest.raises(
        ReidError, match=r"The camera pattern 'lobby\(\\\\d\)' finds no camera in 2 paths, such as '.*a.jpg'"
    ):
        read_dataset(miniature.make(["x/a.jpg", "x/b.jpg"]), camera_pattern=r"lobby(\d)")


def test_an_identity_pattern_that_finds_nobody_is_refused_with_a_path(miniature: Miniature) -> None:
    with pytest.raises(
        ReidError, match=r"The identity pattern 'pid\(\\\\d\)' finds nobody in 2 paths, such as '.*a.jpg'"
    ):
        read_dataset(miniature.make(["x/a.jpg", "x/b.jpg"]), identity_pattern=r"pid(\d)")


@pytest.mark.parametrize("pattern", ["(", r"\d+", r"(a)(b)", "(" + "a" * 300 + ")"])
def test_an_identity_pattern_that_cannot_be_used_is_refused_as_such(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ReidError, match="The identity pattern"):
        read_dataset(tmp_path, identity_pattern=pattern)


def test_an_identity_pattern_that_takes_for_ever_is_given_up(tmp_path: Path) -> None:
    (tmp_path / ("a" * 120 + "!.jpg")).write_bytes(b"x")
    with pytest.raises(ReidError, match="The identity pattern .* took over"):
        read_dataset(tmp_path, identity_pattern=r"((?:a|aa)+)$")
