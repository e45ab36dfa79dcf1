"""`reid detector list`, `reid detector add`, and `reid search` with a photo of a scene."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from reid_core.video.detection.scene import drawn_scene
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, Ended
from tests.support import detector_networks as networks

Command = Callable[..., Ended]


@pytest.fixture
def reid(tiny_workspace: Workspace, run_command: Command) -> Command:
    return partial(run_command, tiny_workspace.path)


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Three drawn people, 450 × 260 px."""
    Image.fromarray(drawn_scene()).save(tmp_path / "street.png")
    return tmp_path / "street.png"


def test_a_detector_is_added_said_and_listed(reid: Command, tmp_path: Path) -> None:
    file = networks.write_network(tmp_path / "mine.onnx", networks.nanodet())
    said = reid("detector", "add", file, "--name", "mine", "--terms", "Apache-2.0", "--tiles", "2x3")
    assert said.code == 0
    assert "NanoDet, the 80 classes of COCO. Pictures: 64x64 px, scaled inside, blue first." in said.out
    assert "It finds 0 of 3 people in a drawn street." in said.out
    assert "Licence: Apache-2.0." in said.out
    assert "Warning: mine.onnx finds none of the 3 people in a drawn street" in said.err
    listed = reid("detector", "list", "--json").json()["detectors"]
    assert [(one["name"], one["shipped"]) for one in listed] == [("nanodet", True), ("mine", False)]
    assert listed[1]["card"]["tiles"] == [2, 3]
    assert "nanodet (shipped)" in reid("detector", "list").out


def test_one_whose_licence_is_not_stated_is_said_to_be_so(reid: Command, tmp_path: Path) -> None:
    said = reid("detector", "add", networks.write_network(tmp_path / "mine.onnx", networks.nanodet()))
    assert "Its licence was not stated. Check it" in said.out


def test_one_under_the_agpl_is_refused_by_name_with_exit_code_1(reid: Command, tmp_path: Path) -> None:
    ended = reid("detector", "add", networks.write_network(tmp_path / "theirs.onnx", networks.ultralytics()), "--json")
    assert ended.code == 1
    assert ended.json()["kind"] == "refused"
    assert "AGPL-3.0" in ended.err


def test_the_people_of_a_scene_are_listed_and_one_is_searched_for(reid: Command, street: Path) -> None:
    ended = reid("search", street, "--gallery", TINY_GALLERY, "--json")
    assert ended.code == 1
    assert ended.json()["kind"] == "several people"
    assert "street.png shows 3 people: 1 at " in ended.err
    said = reid("search", street, "--gallery", TINY_GALLERY, "--box", "3")
    assert said.code == 0
    assert "street.png: searching with person 3 at " in said.out
    assert "hits among 24 crops" in said.out
    assert len(reid("search", street, "--gallery", TINY_GALLERY, "--whole", "--json").json()["hits"]) == 20


def test_a_box_is_of_one_photo(reid: Command, street: Path) -> None:
    ended = reid("search", street, street, "--gallery", TINY_GALLERY, "--box", "1")
    assert (ended.code, "Give one PHOTO with it" in ended.err) == (1, True)


def test_a_search_names_its_detector(reid: Command, street: Path, tmp_path: Path) -> None:
    assert "no detector 'other'" in reid("search", street, "--gallery", TINY_GALLERY, "--detector", "other").err
    reid("detector", "add", networks.write_network(tmp_path / "mine.onnx", networks.nanodet()))
    said = reid("search", street, "--gallery", TINY_GALLERY, "--detector", "mine")
    assert "one person was found, at 84,84,282,176 (score 0.90)" in said.out  # 450 / 64 times 12, 12, 52, 52
