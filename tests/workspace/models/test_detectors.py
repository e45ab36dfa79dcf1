"""Detectors of a workspace: shipped and added, found by name, and what a file has to be to become one."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.errors import NotThere, Refused, ReidError
from reid_core.video.detection import SHIPPED_DETECTORS, load_detector
from reid_core.video.detection.detector import SHIPPED
from reid_core.video.detection.scene import PEOPLE
from reid_core.video.detection.trial import Given
from reid_core.workspace.deletion.keepers import FILES
from reid_core.workspace.models.detectors import add_detector, detectors, find_detector
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.support import detector_networks as networks

YOLOX = Path(__file__).parents[4] / "shared" / "models" / "yolox_nano.onnx"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def test_the_shipped_one_serves_where_nobody_chose(workspace: Workspace) -> None:
    assert find_detector(workspace) == find_detector(workspace, SHIPPED) == SHIPPED_DETECTORS / SHIPPED
    entries, damaged = detectors(workspace)
    assert [(one.name, one.shipped) for one in entries] == [(SHIPPED, True)]
    assert damaged == []
    assert find_detector(workspace, entries[0].id) == SHIPPED_DETECTORS / SHIPPED


def test_one_that_is_added_is_a_folder_of_its_own_which_a_keeper_answers_for(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = networks.write_network(tmp_path / "mine.onnx", networks.nanodet())
    added = add_detector(workspace, file, Given("mine", terms="Apache-2.0", source="drawn", data="nothing"))
    assert (added.words, added.drawn) == ("NanoDet, the 80 classes of COCO", PEOPLE)
    folder = find_detector(workspace, "mine")
    assert folder == workspace.path / "detectors" / "mine"
    card = load_detector(folder).card
    assert (card.licence, card.source, card.data) == ("Apache-2.0", "drawn", "nothing")
    assert [one.name for one in detectors(workspace)[0]] == [SHIPPED, "mine"]
    for path in folder.iterdir():
        place = path.relative_to(workspace.path).as_posix()
        assert [keeper.kind for keeper in FILES if keeper.answers_for(place)] == ["detectors"]


def test_a_refused_file_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    file = networks.write_network(tmp_path / "theirs.onnx", networks.ultralytics())
    with pytest.raises(Refused, match=r"theirs.onnx is a YOLO of Ultralytics, under the AGPL-3.0"):
        add_detector(workspace, file, Given("theirs"))
    assert not list((workspace.path / "detectors").glob("*"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("net.pt", b"PK\x03\x04", "PyTorch weights"),
        ("net.onnx", b"", "is empty"),
        ("net.onnx", b"no network at all", "not an ONNX model"),
    ],
)
def test_a_file_that_is_no_network_gets_a_sentence(
    workspace: Workspace, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReidError, match=said):
        add_detector(workspace, tmp_path / name, Given("net"))


def test_names_are_free_and_can_name_a_folder(workspace: Workspace, tmp_path: Path) -> None:
    file = networks.write_network(tmp_path / "mine.onnx", networks.nanodet())
    with pytest.raises(ReidError, match="There is a detector nanodet already"):
        add_detector(workspace, file, Given(SHIPPED))
    with pytest.raises(ReidError, match="cannot name a detector"):
        add_detector(workspace, file, Given("../mine"))
    with pytest.raises(NotThere, match="no detector 'nanodot'. There are: nanodet"):
        find_detector(workspace, "nanodot")


def test_a_damaged_one_is_named_and_the_others_are_still_there(workspace: Workspace) -> None:
    folder = workspace.path / "detectors" / "broken"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{")
    entries, damaged = detectors(workspace)
    assert [one.name for one in entries] == [SHIPPED]
    assert [one.name for one in damaged] == ["broken"]
    assert "cannot be used" in damaged[0].reason


@pytest.mark.skipif(not YOLOX.exists(), reason="../shared/models/yolox_nano.onnx is not there")
def test_yolox_takes_a_larger_input_than_its_file_says_and_finds_everybody(workspace: Workspace) -> None:
    added = add_detector(workspace, YOLOX, Given("yolox"))
    assert (added.entry.card.format, added.found, added.warning) == ("yolox", PEOPLE, "")
    taken = added.entry.card.input
    assert (taken.width, taken.height, taken.reshapes) == (640, 384, True)
    large = add_detector(workspace, YOLOX, Given("large", size=(1280, 736)))
    assert load_detector(large.entry.folder).input_size(1920, 1080) == (1280, 720)
