"""A detector's folder: what of a picture the network gets, tiles, sizes, identity, and the one that is shipped."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.errors import Damaged, NotThere, ReidError
from reid_core.packaging.build import PACKED
from reid_core.video.boxes import overlaps
from reid_core.video.detection import SHIPPED_DETECTORS, DetectorCard, load_detector
from reid_core.video.detection.card import CARD_NAME, Input
from reid_core.video.detection.detector import ONNX_NAME, SHIPPED, detector_id
from reid_core.video.detection.placing import Part, filled, parts_of, scaled_size
from reid_core.video.detection.scene import PEOPLE, drawn_scene
from tests.support import detector_networks as networks

SHIPPED_FOLDER = SHIPPED_DETECTORS / SHIPPED
MOST_BYTES = 8_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drawn YOLOX that finds a person at 20, 2, 36, 34 of its 64 × 64 px."""
    networks.write_network(tmp_path / ONNX_NAME, networks.yolox())
    DetectorCard("net", "yolox", Input(64, 64, "bgr", pad=114), nms=0.65).write(tmp_path)
    return tmp_path


def test_a_picture_keeps_its_shape_at_the_top_left_and_the_rest_is_padded() -> None:
    picture = np.full((50, 100, 3), 7, np.uint8)
    canvas = filled(picture, Part(0, 0, 100, 50), Input(64, 64, pad=114))
    assert (canvas[:32] == 7).all()
    assert (canvas[32:] == 114).all()
    assert scaled_size(100, 50, Input(64, 96, fit="stretched")) == (64, 96)


def test_boxes_come_back_in_pixels_of_the_picture_whatever_its_shape(folder: Path) -> None:
    found = load_detector(folder).detect(np.zeros((320, 640, 3), np.uint8))  # a tenth of it is the input's 64 x 32
    assert found.boxes.tolist() == [[200.0, 20.0, 360.0, 340.0]]


def test_a_stretched_picture_is_measured_along_each_side(folder: Path) -> None:
    card = DetectorCard.read(folder)
    dataclasses.replace(card, input=dataclasses.replace(card.input, fit="stretched")).write(folder)
    found = load_detector(folder).detect(np.zeros((128, 640, 3), np.uint8))
    assert found.boxes.tolist() == [[200.0, 4.0, 360.0, 68.0]]


def test_the_network_gets_blue_first_where_its_card_says_so_and_normalised_values(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    # A network that says what it saw: the mean of each colour, as the score of a box each.
    table = helper.make_tensor_value_info("detection_out", TensorProto.FLOAT, (1, 1, 3, 7))
    rows = np.zeros((1, 1, 3, 7), np.float32)
    rows[..., 1], rows[..., 5:] = 1, 0.5
    rows[..., 3] = np.array([0.0, 0.125, 0.25])  # of the first colour, the second and the third, from left to right
    mask = np.zeros((1, 1, 1, 7), np.float32)
    mask[..., 2] = 1
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["means"], axes=[2, 3], keepdims=1),  # 1 x 3 x 1 x 1
        helper.make_node("Transpose", ["means"], ["turned"], perm=[0, 2, 1, 3]),
        helper.make_node("Mul", ["turned", "mask"], ["scores"]),
        helper.make_node("Add", ["scores", "rows"], ["detection_out"]),
    ]
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, 64, 64))
    constants = [onnx.numpy_helper.from_array(rows, "rows"), onnx.numpy_helper.from_array(mask, "mask")]
    graph = helper.make_graph(nodes, "drawn", [given], [table], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / ONNX_NAME)
    taken = Input(64, 64, "bgr", mean=(10.0, 20.0, 30.0), std=(100.0, 200.0, 400.0), fit="stretched")
    DetectorCard("net", "ssd", taken, 1, detect=0.01, nms=1.0).write(tmp_path)
    picture = np.empty((64, 64, 3), np.uint8)
    picture[:] = 90, 60, 230  # red (90 - 10) / 100, green (60 - 20) / 200, blue (230 - 30) / 400
    found = load_detector(tmp_path).detect(picture)
    by_place = dict(zip(found.boxes[:, 0].tolist(), found.scores.tolist(), strict=True))
    assert by_place == {
        0.0: pytest.approx(0.5, abs=1e-3),
        8.0: pytest.approx(0.2, abs=1e-3),
        16.0: pytest.approx(0.8, abs=1e-3),
    }


def test_tiles_cover_a_picture_and_overlap_by_a_quarter() -> None:
    whole, *tiles = parts_of(1000, 500, (2, 3))
    assert whole.size == (1000, 500)
    assert len(tiles) == 6
    assert [(one.left, one.right) for one in tiles[:3]] == [(0, 400), (300, 700), (600, 1000)]
    assert [(one.top, one.bottom) for one in tiles[::3]] == [(0, 286), (214, 500)]
    assert len({one.top for one in parts_of(500, 1000, (2, 3))[1:]}) == 3  # of an upright picture three rows


def test_it_asks_for_as_much_of_a_frame_as_it_can_use() -> None:
    whole = load_detector(SHIPPED_FOLDER)
    assert whole.input_size(1920, 1080) == (544, 306)
    assert whole.input_size(1080, 1920) == (306, 544)
    assert whole.input_size(320, 240) == (320, 240)  # a frame is not enlarged for it
    tiled = load_detector(SHIPPED_FOLDER, tiles=(2, 2))
    assert tiled.input_size(1920, 1080) == (952, 536)  # 544 for 1920 / 1.75
    assert tiled.id != whole.id


def test_a_lying_input_stands_on_end_for_an_upright_picture(tmp_path: Path) -> None:
    networks.write_network(tmp_path / ONNX_NAME, networks.ssd())
    DetectorCard("net", "ssd", Input(96, 64, reshapes=True), 1, nms=1.0).write(tmp_path)
    detector = load_detector(tmp_path)
    assert detector.input_size(192, 128) == (96, 64)
    assert detector.input_size(128, 192) == (64, 96)
    assert detector.detect(np.zeros((96, 64, 3), np.uint8)).boxes.tolist() == [[16.0, 0.0, 32.0, 48.0]]
    assert detector.detect(np.zeros((64, 96, 3), np.uint8)).boxes.tolist() == [[24.0, 0.0, 48.0, 32.0]]


def test_high_people_are_looked_for_at_half_the_size_too(tmp_path: Path) -> None:
    # Whatever it is given, this one finds a person over a quarter of the width and half of the height.
    networks.write_network(tmp_path / ONNX_NAME, networks.ssd())
    card = DetectorCard("net", "ssd", Input(128, 128, reshapes=True), 1, nms=1.0)
    card.write(tmp_path)
    before, picture = detector_id(tmp_path), np.zeros((128, 128, 3), np.uint8)
    once = load_detector(tmp_path).detect(picture).boxes.tolist()
    assert once == [[32.0, 0.0, 64.0, 64.0]]
    for halved, boxes in ((64, 2 * once), (65, once), (0, once)):
        dataclasses.replace(card, halved=halved).write(tmp_path)
        assert load_detector(tmp_path).detect(picture).boxes.tolist() == boxes, halved
    assert detector_id(tmp_path) == before
    dataclasses.replace(card, halved=64).write(tmp_path)
    assert detector_id(tmp_path) != before
    small = load_detector(tmp_path).detect(np.zeros((64, 64, 3), np.uint8)).boxes.tolist()
    assert small == 2 * [[16.0, 0.0, 32.0, 32.0]]  # a small picture is enlarged to the input, where they are as high


def test_the_id_follows_what_decides_boxes_and_nothing_else(folder: Path) -> None:
    before, card = detector_id(folder), DetectorCard.read(folder)
    dataclasses.replace(card, licence="Apache-2.0", figures={"AP50": 0.8}, track=0.8).write(folder)
    assert detector_id(folder) == before
    dataclasses.replace(card, detect=0.2).write(folder)
    assert detector_id(folder) != before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"person": True}, "'person' is not a whole number"),
        ({"detect": 0.9}, "thresholds are not"),
        ({"nms": 0}, "'nms' is not"),
        ({"tiles": [0, 3]}, "'tiles' are not"),
        ({"tiles": "23"}, "'tiles' are not"),
        ({"halved": 96}, "'halved' is neither"),  # its input does not reshape
        ({"input": {"width": 64, "height": 64, "std": [0, 1, 1]}}, "'std' of its input"),
        ({"input": {"width": 64, "height": 64, "mean": "abc"}}, "'mean' of its input"),
        ({"input": {"width": 64}}, "no 'height'"),
        ({"input": {"width": 10**30, "height": 64}}, "64 to 2048 pixels"),
        ({"name": "a\nb"}, "cannot be printed"),
        ({"figures": [1]}, "'figures' is not a table"),
        ({"lisence": "MIT"}, "did it mean 'licence'"),
        ({"input": {"width": 64, "height": 64, "colour": "bgr"}}, "did it mean 'colours'"),
    ],
)
def test_a_card_with_odd_values_is_damaged_and_says_where(folder: Path, change: dict[str, Any], said: str) -> None:
    values = json.loads((folder / CARD_NAME).read_text()) | change
    (folder / CARD_NAME).write_text(json.dumps(values))
    with pytest.raises(Damaged, match="cannot be used") as caught:
        DetectorCard.read(folder)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "[" * 100_000, "9" * 5_000, "{}", '{"name": "\\ud800"}'])
def test_a_card_of_any_content_is_damaged_and_never_a_traceback(folder: Path, content: str) -> None:
    (folder / CARD_NAME).write_text(content)
    with pytest.raises(Damaged):
        DetectorCard.read(folder)


def test_a_folder_without_card_or_network_or_of_another_format_gets_a_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="is not a detector"):
        load_detector(tmp_path / "none")
    card = DetectorCard.read(folder)
    dataclasses.replace(card, format="detr").write(folder)
    with pytest.raises(Damaged, match="format that is not known here, 'detr'"):
        load_detector(folder)
    dataclasses.replace(card, format="ssd").write(folder)
    with pytest.raises(Damaged, match="is not what its card says, SSD"):
        load_detector(folder)
    card.write(folder)
    (folder / ONNX_NAME).write_bytes(b"not a network")
    with pytest.raises(ReidError, match="not an ONNX model that can be read"):
        load_detector(folder)
    (folder / ONNX_NAME).unlink()
    with pytest.raises(Damaged, match="has no model.onnx"):
        load_detector(folder)


def test_the_shipped_detector_finds_everybody_in_a_drawn_street() -> None:
    detector = load_detector(SHIPPED_FOLDER)
    found = detector.detect(drawn_scene())
    assert (found.scores >= detector.card.track).sum() == PEOPLE
    assert found.boxes.dtype == found.scores.dtype == np.float32
    in_tiles = load_detector(SHIPPED_FOLDER, tiles=(2, 3)).detect(drawn_scene())
    sure = in_tiles.of(in_tiles.scores >= detector.card.match)
    assert len(sure) == PEOPLE  # one box at seams
    assert overlaps(sure.boxes, found.boxes).max(axis=1).min() > 0.6


def test_the_shipped_detector_is_small_described_and_packed_into_a_wheel() -> None:
    assert sum(file.stat().st_size for file in SHIPPED_FOLDER.iterdir()) < MOST_BYTES
    card, notice = DetectorCard.read(SHIPPED_FOLDER), (SHIPPED_FOLDER / "NOTICE").read_text()
    assert "not stated" not in (card.source, card.licence, card.data)
    assert {"AP50", "command", "date"} <= card.figures.keys()
    for word in (
        "MIT License",
        "Apache License",
        "COCO",
        "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
    ):
        assert word in notice
    root = SHIPPED_DETECTORS.parents[1]
    packed = {file for pattern in PACKED for file in root.glob(pattern)}
    assert {SHIPPED_FOLDER / name for name in (ONNX_NAME, CARD_NAME, "NOTICE")} <= packed
