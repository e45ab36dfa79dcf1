"""Each format is recognised by its outputs, and its boxes come out where they were worked out by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import Refused, ReidError
from reid_core.video.detection import DetectorCard, load_detector
from reid_core.video.detection.trial import Given, try_detector
from tests.support import detector_networks as networks
from tests.support.detector_networks import SIDE, Arrays, write_network

QUARTER = (16, 0, 32, 32)  # of 64 px: a quarter to half of the width, the upper half of the height


def tried(folder: Path, outputs: Arrays, *, given: Given | None = None, **kinds: object) -> DetectorCard:
    """The card of a network with these outputs, tried in a folder of its own."""
    folder.mkdir(exist_ok=True)
    metadata = kinds.pop("metadata", {})
    write_network(folder / "model.onnx", outputs, metadata=metadata, **kinds)  # type: ignore[arg-type]
    try_detector(folder, "net.onnx", given or Given("net"), dict(metadata))  # type: ignore[call-overload]
    return DetectorCard.read(folder)


def found(folder: Path, side: int = SIDE) -> tuple[list[list[float]], list[float]]:
    """Boxes and scores in a grey picture, which is square."""
    people = load_detector(folder).detect(np.full((side, side, 3), 90, np.uint8))
    return people.boxes.round(3).tolist(), people.scores.round(3).tolist()


@pytest.mark.parametrize(
    ("name", "outputs", "box", "score"),
    [
        ("nanodet", networks.nanodet(), (12, 12, 52, 52), 0.9),
        ("nanodet", networks.nanodet_plus(), (8, 8, 48, 48), 0.9),
        ("yolox", networks.yolox(), (20, 2, 36, 34), 0.72),
        ("yolox", networks.yolox(1), (20, 2, 36, 34), 0.72),
        ("yolox-decoded", networks.yolox(decoded=True), (20, 2, 36, 34), 0.72),
        ("rtdetr", networks.shares_and_logits("pred_boxes", "logits", 80, 0), QUARTER, 0.881),
        ("rtdetr", networks.shares_and_logits("pred_boxes", "pred_logits", 80, 0), QUARTER, 0.881),
        ("rfdetr", networks.shares_and_logits("dets", "labels", 91, 1), QUARTER, 0.881),
        ("ssd", networks.ssd(), QUARTER, 0.8),
    ],
)
def test_a_format_is_recognised_and_its_boxes_are_where_they_should_be(
    tmp_path: Path, name: str, outputs: Arrays, box: tuple[int, ...], score: float
) -> None:
    card = tried(tmp_path / "net", outputs)
    assert (card.format, card.input.width, card.input.height) == (name, SIDE, SIDE)
    boxes, scores = found(tmp_path / "net")
    assert boxes == [list(map(float, box))]
    assert scores == pytest.approx([score], abs=2e-3)
    assert found(tmp_path / "net", 2 * SIDE)[0] == [[2.0 * edge for edge in box]]


def test_rt_detr_of_its_authors_gets_the_size_of_its_picture_and_gives_pixels(tmp_path: Path) -> None:
    card = tried(tmp_path / "net", networks.rtdetr_of_its_authors(), sizes="orig_target_sizes")
    assert (card.format, card.person, card.nms) == ("rtdetr", 0, 1.0)
    boxes, scores = found(tmp_path / "net")
    assert boxes == [[20.0, 2.0, 36.0, 34.0]]
    assert scores == pytest.approx([0.72])


def test_an_ssd_that_gives_class_0_alone_counts_without_a_background(tmp_path: Path) -> None:
    rows = networks.ssd(0)["detection_out"][:, :, [0]]
    assert tried(tmp_path / "zero", {"detection_out": rows}).person == 0
    assert tried(tmp_path / "two", networks.ssd(0)).person == 1


def test_a_network_in_which_nobody_is_found_gives_no_boxes(tmp_path: Path) -> None:
    for number, outputs in enumerate((networks.nanodet(), networks.yolox(), networks.ssd())):
        folder = tmp_path / str(number)
        tried(folder, outputs)
        shutil.copyfile(folder / "card.json", tmp_path / "card.json")
        write_network(folder / "model.onnx", {name: values * 0 for name, values in outputs.items()})
        assert found(folder) == ([], [])


def test_a_network_under_the_agpl_is_named_as_that_and_taken_once_its_licence_is_stated(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"net.onnx is a YOLO of Ultralytics, under the AGPL-3.0: .* --terms"):
        tried(tmp_path / "net", networks.ultralytics())
    card = tried(tmp_path / "net", networks.ultralytics(), given=Given("net", terms="AGPL-3.0"))
    assert (card.format, card.licence) == ("ultralytics", "AGPL-3.0")
    assert found(tmp_path / "net")[0] == [[20.0, 2.0, 36.0, 34.0]]


def test_an_export_of_ultralytics_that_is_not_read_says_how_to_export_it(tmp_path: Path) -> None:
    metadata = {"author": "Ultralytics", "license": "AGPL-3.0 License", "task": "detect"}
    ends = {"output0": np.zeros((1, 300, 6), np.float32)}
    with pytest.raises(Refused, match="AGPL"):
        tried(tmp_path / "net", ends, metadata=metadata)
    with pytest.raises(ReidError, match="nms=False"):
        tried(tmp_path / "net", ends, metadata=metadata, given=Given("net", terms="AGPL-3.0"))


def test_yolo_nas_is_refused_for_the_licence_of_its_weights(tmp_path: Path) -> None:
    outputs = {"boxes": np.zeros((1, 84, 4), np.float32), "scores": np.zeros((1, 84, 80), np.float32)}
    with pytest.raises(Refused, match="YOLO-NAS, whose trained weights may not be used commercially"):
        tried(tmp_path / "net", outputs)


@pytest.mark.parametrize(
    ("metadata", "classes", "said"),
    [
        ({"names": "{0: 'car', 1: 'bus'}"}, 2, "finds other things than people: its 2 classes are 'car', 'bus'"),
        ({}, 20, "YOLOX with 20 classes, not the 80 of COCO, and does not say which is people"),
        ({"task": "segment", "names": "{0: 'person'}"}, 1, "made for another task, 'segment'"),
    ],
)
def test_a_network_for_other_things_is_refused(
    tmp_path: Path, metadata: dict[str, str], classes: int, said: str
) -> None:
    with pytest.raises(ReidError, match=said):
        tried(tmp_path / "net", networks.yolox(classes), metadata=metadata)


def test_the_number_of_people_comes_from_the_file_or_from_the_user(tmp_path: Path) -> None:
    named = {"names": "['car', 'Pedestrian', 'bus']"}
    assert tried(tmp_path / "named", networks.yolox(3), metadata=named).person == 1
    assert tried(tmp_path / "stated", networks.yolox(20), given=Given("net", person=0)).person == 0
    with pytest.raises(ReidError, match="has 20 classes, 0 to 19: --person 20 is none"):
        tried(tmp_path / "beyond", networks.yolox(20), given=Given("net", person=20))


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"vectors": np.ones((1, 512), np.float32)}, "no boxes: it is not a detector. Add an embedder"),
        (
            {"depth": np.ones((1, 1, 64, 64), np.float32)},
            "not a detector of a format that is read here: its outputs are",
        ),
        ({"output": networks.yolox()["output"] * 3}, "scores of 0 to 6.48, which are not within 0 to 1"),
        ({"output": networks.yolox()["output"] * np.nan}, "not finite"),
    ],
)
def test_what_is_no_detector_gets_a_sentence(tmp_path: Path, outputs: Arrays, said: str) -> None:
    with pytest.raises(ReidError, match=said):
        tried(tmp_path / "net", outputs)


def test_yolox_whose_network_takes_one_size_only_keeps_that(tmp_path: Path) -> None:
    card = tried(tmp_path / "net", networks.yolox())
    assert (card.input.width, card.input.height, card.input.reshapes) == (SIDE, SIDE, False)
    with pytest.raises(ReidError, match="multiple of 32"):
        tried(tmp_path / "odd", networks.yolox(), given=Given("net", size=(100, 64)))
