"""Whole frames are told from crops by their boxes: these are read, or refused by the file that holds them; crops with
boxes as mere remarks come in."""

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
CVAT_IMAGES += "</annotations>"
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


TWO: dict[str, str | bytes] = {"images/a1.jpg": FRAME, "images/a2.jpg": FRAME}
SIDES = {"x": 24, "y": 90, "width": 30, "height": 70}
MOT_AT_THE_BORDER = "".join(f"{n},1,-14,90,30,70,1,1,1\n" for n in range(1, 31)) + "1,2,24,90,30,70,1,1,1\n" * 60
KITTI_FILM = "0 1 " + KITTI


def each(form: object) -> str:
    """A JSON text with this for each picture, whose name takes the place of NAME."""
    return json.dumps([json.loads(json.dumps(form).replace("NAME", name)) for name in ("a1", "a2")])


def lines(form: object) -> str:
    return "".join(f"{json.dumps(some)}\n" for some in json.loads(each(form)))


ANNOTATED |= {
    "mot at the border": ("gt.txt", {"s1/img1/000001.jpg": FRAME, "s1/gt/gt.txt": MOT_AT_THE_BORDER}),
    "mot by another name": ("gt_train.txt", {"s1/img1/000001.jpg": FRAME, "s1/gt/gt_train.txt": MOT_AT_THE_BORDER}),
    "tracks.txt": ("tracks.txt", {"frames/000001.jpg": FRAME, "tracks.txt": "1,1,24,90,30,70,1,-1,-1,-1\n"}),
    "mots": ("gt.txt", {"s1/img1/000001.jpg": FRAME, "s1/gt/gt.txt": "1 2001 2 180 320 WSV:2d;1O10\n"}),
    "seqinfo": (
        "seqinfo.ini",
        {"s1/img1/000001.jpg": FRAME, "s1/seqinfo.ini": "[Sequence]\nname=s1\nimWidth=320\nimHeight=180\n"},
    ),
    "visdrone film": (
        "annotations/uav1.txt",
        {"sequences/uav1/0000001.jpg": FRAME, "annotations/uav1.txt": "1,0,24,90,30,70,1,4,0,0\n"},
    ),
    "kitti film": ("0000.txt", {"image_02/0000/000000.png": FRAME, "label_02/0000.txt": KITTI_FILM}),
    "jde": (
        "labels_with_ids/a1.txt",
        {"images/a1.jpg": FRAME, "labels_with_ids/a1.txt": "0 3 .5 .5 .1 .4\n0 4 .2 .5 .1 .4\n"},
    ),
    "wider person": (
        "Annotations/a1.jpg.txt",
        {"Images/a1.jpg": FRAME, "Annotations/a1.jpg.txt": "1\n1 24 90 54 160\n"},
    ),
    "a tracker's table": (
        "tracks.csv",
        {
            "images/frame_0001.jpg": FRAME,
            "images/frame_0002.jpg": FRAME,
            "tracks.csv": "frame,id,bb_left,bb_top,bb_width,bb_height\n1,7,24,90,30,70\n1,8,9,9,30,70\n2,7,9,9,30,70\n",
        },
    ),
    "corners by name": (
        "labels.json",
        TWO | {"labels.json": each({"image": "NAME.jpg", "people": [{"xmin": 24, "ymin": 9, "xmax": 54, "ymax": 99}]})},
    ),
    "points without a nought": ("labels/a1.txt", {"images/a1.jpg": FRAME, "labels/a1.txt": "0 .5 .5 .1 .4\n"}),
    "large labelme": (
        "a1.json",
        {"a1.jpg": FRAME, "a1.json": LABELME[:-1] + ', "imageData": "' + "A" * 1_200_000 + '"}'},
    ),
    "coco of outlines": (
        "coco.json",
        TWO
        | {
            "coco.json": json.dumps(
                {
                    "images": COCO["images"],
                    "annotations": [{"image_id": n, "segmentation": [[24, 90, 54, 90, 54, 160]]} for n in (1, 2)],
                }
            )
        },
    ),
    "via": (
        "via.json",
        TWO
        | {
            "via.json": json.dumps(
                {
                    f"a{n}.jpg123": {
                        "filename": f"a{n}.jpg",
                        "regions": [{"shape_attributes": {"name": "rect"} | SIDES}],
                    }
                    for n in (1, 2)
                }
            )
        },
    ),
    "supervisely": (
        "ds/ann/a1.jpg.json",
        {
            "ds/img/a1.jpg": FRAME,
            "ds/ann/a1.jpg.json": '{"objects": [{"points": {"exterior": [[24, 90], [54, 160]], "interior": []}}]}',
        },
    ),
    "fiftyone": (
        "samples.json",
        TWO | {"samples.json": each({"filepath": "data/NAME.jpg", "d": [{"bounding_box": [0.1, 0.5, 0.1, 0.4]}]})},
    ),
    "datumaro": (
        "default.json",
        TWO | {"default.json": each({"id": "NAME", "annotations": [{"type": "bbox", "bbox": [24, 90, 30, 70]}]})},
    ),
    "label studio": (
        "project.json",
        TWO
        | {
            "project.json": each(
                {
                    "data": {"image": "/data/upload/1/0a1b2c3d-NAME.jpg"},
                    "result": [{"value": {"rectanglelabels": ["person"]} | SIDES}],
                }
            )
        },
    ),
    "bdd100k": (
        "det.json",
        TWO
        | {"det.json": each({"name": "NAME.jpg", "labels": [{"box2d": {"x1": 24, "y1": 90, "x2": 54, "y2": 160}}]})},
    ),
    "createml": (
        "_annotations.createml.json",
        TWO
        | {
            "_annotations.createml.json": each(
                {"image": "NAME.jpg", "annotations": [{"label": "p", "coordinates": SIDES}]}
            )
        },
    ),
    "crowdhuman": (
        "annotation_val.odgt",
        {"images/2732,1a0d.jpg": FRAME}
        | {"annotation_val.odgt": '{"ID": "2732,1a0d", "gtboxes": [{"tag": "person", "fbox": [24, 90, 30, 70]}]}\n'},
    ),
    "hugging face": (
        "metadata.jsonl",
        TWO | {"metadata.jsonl": lines({"file_name": "NAME.jpg", "objects": {"bbox": [[24, 90, 30, 70]]}})},
    ),
    "wider": (
        "wider_train.txt",
        TWO | {"wider_train.txt": "".join(f"0--Parade/a{n}.jpg\n1\n24 90 30 70 0 0 0 0 0 0\n" for n in (1, 2))},
    ),
    "table of centres": (
        "boxes.csv",
        TWO
        | {
            "boxes.csv": "image,id,cx,cy,w,h\n"
            + "".join(f"a{n}.jpg,{x},{x},125,30,70\n" for n in (1, 2) for x in (39, 99))
        },
    ),
}


READ = {  # what it is read as, and how many boxes come in
    "mot": ("MOT", 1), "mot at the border": ("MOT", 2), "mot by another name": ("MOT", 2), "tracks.txt": ("MOT", 1),
    "coco": ("COCO", 4), "coco elsewhere": ("COCO", 4), "coco of outlines": ("COCO", 2),
    "cvat film": ("CVAT", 1), "cvat images": ("CVAT", 2),
    "yolo": ("YOLO", 4), "yolo beside": ("YOLO", 1), "points without a nought": ("YOLO", 1), "jde": ("YOLO", 2),
    "table of corners": ("table of boxes", 4), "table of x, y, w, h": ("table of boxes", 2),
    "a tracker's table": ("table of boxes", 3), "table of centres": ("table of boxes", 4),
}  # fmt: skip
WITHOUT_PEOPLE = ("mot detections", "seqinfo")


@pytest.mark.parametrize("kind", READ)
def test_boxes_are_read_where_a_file_that_is_known_holds_them(miniature: Miniature, kind: str) -> None:
    _, files = ANNOTATED[kind]
    dataset = read_dataset(miniature.make([], files))
    assert (dataset.format, len(dataset.records)) == READ[kind]
    frames = set(miniature.column(dataset, "frame").values())
    assert frames <= {f"top/{name}" if miniature.is_zip else name for name in files}
    assert None not in frames


@pytest.mark.parametrize("kind", sorted(ANNOTATED.keys() - READ.keys() - set(WITHOUT_PEOPLE)))
def test_other_frames_are_refused_by_the_file_that_holds_their_boxes(miniature: Miniature, kind: str) -> None:
    file, files = ANNOTATED[kind]
    path = miniature.make([], files)
    with pytest.raises(ReidError, match=r"whole frames, not crops .*save them as COCO.*--format flat") as error:
        read_dataset(path)
    assert file in str(error.value)


@pytest.mark.parametrize("kind", WITHOUT_PEOPLE)
def test_frames_with_detections_alone_are_refused(miniature: Miniature, kind: str) -> None:
    file, files = ANNOTATED[kind]
    with pytest.raises(ReidError, match=r"whole frames.*without tracks.*gt/gt\.txt.*--format flat") as error:
        read_dataset(miniature.make([], files))
    assert file in str(error.value)


@pytest.mark.parametrize("kind", ANNOTATED)
def test_whole_pictures_come_in_where_the_format_is_given(miniature: Miniature, kind: str) -> None:
    _, files = ANNOTATED[kind]
    dataset = read_dataset(miniature.make([], files), format="flat")
    assert len(dataset.records) == sum(name.endswith((".jpg", ".png")) for name in files)


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
        ("log.csv", "frame,id,x,y,w,h\n1,7,900,300,64,128\n1,8,9,9,30,70\n"),
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


PEOPLE: dict[str, str | bytes] = {f"{who}/{shot}.jpg": CROP for who in ("ada", "bo") for shot in (1, 2, 3, 4)}
OUTLINE = {"shapes": [{"label": "person", "points": [[5, 5], [55, 5], [55, 120], [5, 120]]}]}
BODIES = {
    "images": [{"id": name, "file_name": name} for name in PEOPLE],
    "annotations": [{"image_id": name, "bbox": [4, 4, 50, 110], "keypoints": [1]} for name in PEOPLE],
}
WHERE_CUT = "".join(
    json.dumps({"file_name": name, "bbox": [700, 200, 64, 128], "id": name[:2]}) + "\n" for name in PEOPLE
)


@pytest.mark.parametrize(
    "texts",
    [
        {name.replace(".jpg", ".json"): json.dumps(OUTLINE) for name in PEOPLE},
        {name.replace(".jpg", ".txt"): "0 0.5 0.5 0.9 0.8\n" for name in PEOPLE},
        {"keypoints.json": json.dumps(BODIES)},
        {"metadata.jsonl": WHERE_CUT},
        {"tracks.txt": "1,1,700,200,64,128,1,-1,-1,-1\n"},
        {"list.txt": "".join(f"{name} 1 2\n" for name in PEOPLE)},
    ],
)
def test_crops_with_the_outline_of_their_one_person_come_in(
    miniature: Miniature, texts: dict[str, str | bytes]
) -> None:
    dataset = read_dataset(miniature.make([], PEOPLE | texts))
    assert dataset.format == "folder per identity"
    assert dataset.records.identities() == ["ada", "bo"]
    assert len(dataset.records) == 8


@pytest.mark.parametrize("box", ["20,5,40,30", "4,3,34,83"])
def test_a_table_with_one_row_for_each_crop_may_say_where_a_head_is(miniature: Miniature, box: str) -> None:
    rows = "".join(f"{name},{name[:-6]},1,{box}\n" for name in PEOPLE)
    dataset = read_dataset(miniature.make([], PEOPLE | {"l.csv": f"image,pid,cam,x1,y1,x2,y2\n{rows}"}))
    assert dataset.format == "table"
    assert dataset.records.identities() == ["ada", "bo"]


def test_a_table_is_read_without_its_boxes_where_that_is_asked_for(miniature: Miniature) -> None:
    path = miniature.make([], {"a1.jpg": FRAME, "a2.jpg": FRAME, "boxes.csv": TABLE})
    whole = read_dataset(path, format="table")
    assert whole.records.identities() == ["7"]
    assert set(miniature.column(whole, "frame").values()) == {None}


def test_the_refusal_names_a_way_that_keeps_labels(miniature: Miniature) -> None:
    files = {"images/a1.jpg": FRAME, "images/a2.jpg": FRAME, "labels.csv": "image,identity\na1.jpg,7\na2.jpg,8\n"}
    voc = {f"images/a{n}.xml": VOC for n in (1, 2)}
    with pytest.raises(ReidError, match="or --format table for the labels of the table"):
        read_dataset(miniature.make([], files | voc))
