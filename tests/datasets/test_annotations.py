"""Whole frames with boxes are refused by the file that holds the boxes; crops with boxes as mere remarks come in."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

COCO = {
    "images": [{"id": 1, "file_name": "a1.jpg"}, {"id": 2, "file_name": "a2.jpg"}],
    "annotations": [{"image_id": image, "bbox": [x, 10, 30, 70]} for image in (1, 2) for x in (20, 100)],
}
BOX = 'xtl="24" ytl="90" xbr="54" ybr="160"'
CVAT = f'<?xml version="1.0"?><annotations><track id="1"><box frame="0" {BOX}/></track></annotations>'
CVAT_IMAGES = "<annotations>" + "".join(
    f'<image id="{n}" name="a{n}.jpg" width="320" height="180"><box label="person" {BOX}/></image>' for n in (1, 2)
)
CORNERS = "<xmin>24</xmin><ymin>9</ymin><xmax>54</xmax><ymax>160</ymax>"
VOC = f"<annotation><object><bndbox>{CORNERS}</bndbox></object></annotation>"
LABELME = json.dumps({"shapes": [{"label": "person", "points": [[24, 9], [54, 160]]}], "imageWidth": 320})
KITTI = "Pedestrian 0.00 0 -0.20 71.40 43.00 81.73 107.92 1.89 0.48 1.20 1.84 1.47 8.41 0.01\n"
ROBOFLOW = "filename,width,height,class,xmin,ymin,xmax,ymax\n" + "".join(
    f"a{n}.jpg,320,180,person,{x},90,{x + 30},160\n" for n in (1, 2) for x in (24, 114)
)


def one_box(file_name: str, box: list[int]) -> str:
    return json.dumps({"images": [{"id": 1, "file_name": file_name}], "annotations": [{"image_id": 1, "bbox": box}]})


def picture(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


TABLE = "image,id,x,y,w,h\na1.jpg,7,24,90,30,70\na2.jpg,7,29,90,30,70\n"
FRAME, CROP = picture(320, 180), picture(64, 128)
ANNOTATED: dict[str, tuple[str, dict[str, str | bytes]]] = {
    "mot": (
        "gt/gt.txt",
        {"s1/img1/000001.jpg": FRAME, "s1/img1/000002.jpg": FRAME, "s1/gt/gt.txt": "1,1,24,90,30,70,1,1,1.0\n"},
    ),
    "mot detections": ("det/det.txt", {"s1/img1/000001.jpg": FRAME, "s1/det/det.txt": "1,-1,24.5,90,30,70,0.98\n"}),
    "coco": ("_annotations.coco.json", {"a1.jpg": FRAME, "a2.jpg": FRAME, "_annotations.coco.json": json.dumps(COCO)}),
    "coco elsewhere": (
        "annotations/instances_default.json",
        {"images/a1.jpg": FRAME, "images/a2.jpg": FRAME, "annotations/instances_default.json": json.dumps(COCO)},
    ),
    "cvat film": ("annotations.xml", {"images/a1.jpg": FRAME, "images/a2.jpg": FRAME, "annotations.xml": CVAT}),
    "cvat images": (
        "annotations.xml",
        {"images/a1.jpg": FRAME, "images/a2.jpg": FRAME, "annotations.xml": CVAT_IMAGES},
    ),
    "table of corners": ("_annotations.csv", {"a1.jpg": FRAME, "a2.jpg": FRAME, "_annotations.csv": ROBOFLOW}),
    "table of x, y, w, h": (
        "boxes.csv",
        {
            "a1.jpg": FRAME,
            "a2.jpg": FRAME,
            "boxes.csv": "image,id,x,y,w,h\na1.jpg,7,24,90,30,70\na2.jpg,7,29,90,30,70\n",
        },
    ),
    "yolo": (
        "labels/train/a1.txt",
        {"images/train/a1.jpg": FRAME, "images/train/a2.jpg": FRAME}
        | {f"labels/train/a{n}.txt": "0 0.5 0.5 0.1 0.4\n0 0.2 0.5 0.1 0.4\n" for n in (1, 2)},
    ),
    "yolo beside": ("a1.txt", {"a1.jpg": FRAME, "a1.txt": "0 0.5 0.5 0.1 0.4\n"}),
    "pascal voc": ("Annotations/a1.xml", {"JPEGImages/a1.jpg": FRAME, "Annotations/a1.xml": VOC}),
    "labelme": ("a1.json", {"a1.jpg": FRAME, "a1.json": LABELME}),
    "kitti": ("label_2/a1.txt", {"image_2/a1.jpg": FRAME, "label_2/a1.txt": KITTI}),
    "visdrone": ("annotations/a1.txt", {"images/a1.jpg": FRAME, "annotations/a1.txt": "24,90,30,70,1,4,0,0\n"}),
}


@pytest.mark.parametrize("kind", ANNOTATED)
def test_frames_are_refused_by_the_file_that_holds_their_boxes(miniature: Miniature, kind: str) -> None:
    file, files = ANNOTATED[kind]
    path = miniature.make([], files)
    with pytest.raises(ReidError, match=r"whole frames, not crops .*cut the people out first.*--format flat") as error:
        read_dataset(path)
    assert file in str(error.value)


@pytest.mark.parametrize("kind", ANNOTATED)
def test_whole_pictures_come_in_where_the_format_is_given(miniature: Miniature, kind: str) -> None:
    _, files = ANNOTATED[kind]
    dataset = read_dataset(miniature.make([], files), format="flat")
    assert len(dataset.records) == sum(name.endswith(".jpg") for name in files)


@pytest.mark.parametrize(
    "table",
    [
        "image,identity,x,y,w,h\nada/1.jpg,ada,1200,300,64,128\nbo/1.jpg,bo,20,300,64,128\n",
        "image,identity,xmin,ymin,xmax,ymax\nada/1.jpg,ada,1200,300,1264,428\nbo/1.jpg,bo,20,300,84,428\n",
        "image,identity,x,y,w,h\nada/1.jpg,ada,0,0,64,128\nbo/1.jpg,bo,0,0,64,128\n",
        "image,identity,x,y,w,h\nada/1.jpg,ada,,,,\nbo/1.jpg,bo,,,,\n",
    ],
)
def test_a_table_of_crops_may_say_where_each_was_cut_out(miniature: Miniature, table: str) -> None:
    dataset = read_dataset(miniature.make([], {"ada/1.jpg": CROP, "bo/1.jpg": CROP, "crops.csv": table}))
    assert dataset.format == "table"
    assert dataset.records.identities() == ["ada", "bo"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ada/1.txt", "a woman in a red coat\n"),
        ("gt.txt", "ground truth: ada\n"),
        ("notes.xml", "<notes><box>blue</box></notes>"),
        ("list.json", '{"images": ["ada/1.jpg"], "annotations": "none"}'),
        (
            "coco.json",
            json.dumps(
                {
                    "images": [{"id": 1, "file_name": "elsewhere.jpg"}],
                    "annotations": [{"image_id": 1, "bbox": [1, 1, 9, 9]}],
                }
            ),
        ),
        (
            "whole.json",
            json.dumps(
                {"images": [{"id": 1, "file_name": "1.jpg"}], "annotations": [{"image_id": 1, "bbox": [0, 0, 64, 128]}]}
            ),
        ),
        ("broken.json", '{"images": [], "annotations": ['),
        ("deep.json", '"images""annotations"' + "[" * 100_000),
    ],
)
def test_other_texts_beside_crops_do_not_matter(miniature: Miniature, name: str, text: str) -> None:
    dataset = read_dataset(miniature.make([], {"ada/1.jpg": CROP, "bo/1.jpg": CROP, name: text}))
    assert dataset.records.identities() == ["ada", "bo"]


def test_a_few_frames_among_crops_are_left_out_by_name(miniature: Miniature) -> None:
    crops = {f"{person}/{shot}.jpg": CROP for person in ("ada", "bo") for shot in (1, 2)}
    frames = {"scene/img1/000001.jpg": FRAME, "scene/gt/gt.txt": "1,1,24,90,30,70,1,1,1.0\n"}
    dataset = read_dataset(miniature.make([], crops | frames))
    assert dataset.records.identities() == ["ada", "bo"]
    told = {path: reason.replace("top/", "") for path, reason in miniature.skipped(dataset).items()}
    assert told == {"scene/img1/000001.jpg": "it is a whole frame: scene/gt/gt.txt (MOT's boxes) holds boxes in it"}


def test_a_published_data_set_is_not_looked_into_for_boxes(miniature: Miniature) -> None:
    files = {
        "bounding_box_train/0002_c1s1_000450_03.jpg": FRAME,
        "bounding_box_train/0002_c1s1_000450_03.txt": "0 .5 .5 .1 .1",
    }
    assert read_dataset(miniature.make([], files)).format == "Market-1501"
