"""Frames with boxes: MOT, COCO, CVAT, YOLO and tables of boxes with odd values and damaged bytes."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from random import Random

from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError
from reid_core.sources import open_source
from reid_core.workspace.imports.inspecting import batches, inspect
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target

FRAMES = ("img1/000001.jpg", "img1/000002.jpg", "cam1_03.jpg")
SCENES = ("mot", "coco", "cvat", "yolo", "box-table")


def _scenes(prepared: Path) -> Attempt:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 180), (90, 120, 90)).save(buffer, "JPEG")
    frame = buffer.getvalue()

    def attempt(random: Random, folder: Path) -> None:
        for name in FRAMES:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(frame)
        kind = random.choice(SCENES)
        for name, text in _annotations(random, kind).items():
            data = text.encode(random.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")), "replace")
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(odd.damaged(random, data) if random.random() < 0.4 else data)
        with contextlib.suppress(ReidError):
            dataset = read_dataset(folder, format=random.choice((None, kind)))
            rows = dataset.records.table.to_dict("records")
            with contextlib.closing(open_source(folder)) as source:
                for tasks in batches(rows)[:1]:
                    for task in tasks:
                        inspect(source, task, True)

    return attempt


def _annotations(random: Random, kind: str) -> dict[str, str]:
    rows = [[_side(random) for _ in range(4)] for _ in range(random.choice((1, 3, 8)))]
    if kind == "mot":
        lines = [
            ",".join(map(str, [random.randrange(4), _odd(random, 3), *row, 1, 1, _odd(random, 1)])) for row in rows
        ]
        return {"gt/gt.txt": "\n".join(lines), "seqinfo.ini": f"frameRate={_odd(random, 25)}\n"}
    if kind == "yolo":
        lines = [" ".join(map(str, [_odd(random, 0), *row])) for row in rows]
        return {"img1/000001.txt": "\n".join(lines), "data.yaml": f"names: {odd.text(random)[:200]}"}
    if kind == "box-table":
        keys = ["image", "xmin", "ymin", "xmax", "ymax", random.choice(odd.COLUMNS)]
        lines = [",".join(map(str, [random.choice(FRAMES), *row, _odd(random, 1)])) for row in rows]
        return {"boxes.csv": "\n".join([",".join(keys), *lines])}
    if kind == "coco":
        images = [{"id": _odd(random, place), "file_name": name} for place, name in enumerate(FRAMES)]
        boxes = [{"image_id": _odd(random, 1), "bbox": row, random.choice(KEYS): odd.value(random)} for row in rows]
        told = {"images": images, "annotations": boxes, "categories": odd.value(random)}
        return {"a.json": json.dumps(told, default=str)}
    sides = ("xtl", "ytl", "xbr", "ybr")
    boxes_of = "".join(
        f'<box frame="{_odd(random, 1)}" outside="{random.choice("01")}" '
        + " ".join(f'{key}="{side}"' for key, side in zip(sides, row, strict=True))
        + "/>"
        for row in rows
    )
    bomb = '<!DOCTYPE a [<!ENTITY b "&#65;">]>' if random.random() < 0.1 else ""
    return {"annotations.xml": f'{bomb}<annotations><track id="1" label="person">{boxes_of}</track></annotations>'}


KEYS = ("track_id", "person_id", "attributes", "iscrowd", "category_id", "segmentation", "id")


def _side(random: Random) -> object:
    return random.choice((24, 90, 30, 70, 0.5, 0.1, random.uniform(-500, 500), random.choice(odd.NUMBERS)))


def _odd(random: Random, usual: object) -> object:
    return random.choice((usual, usual, random.randrange(5), random.choice(odd.NUMBERS)))


TARGETS = (Target("scenes", _scenes),)
