"""No reader of a published data set takes another's layout for its own, nor folders that anybody may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import READERS, read_dataset
from reid_core.errors import ReidError
from tests.datasets.layouts.test_layouts import LAYOUTS as PATHS

if TYPE_CHECKING:
    from conftest import Miniature

MSMT17 = "0000/0000_000_01_0303morning_0015_0.jpg"
LAYOUTS: dict[str, tuple[str, list[str], dict[str, str]]] = {
    "market1501": ("Market-1501", ["query/0007_c1s1_000000_00.jpg", "bounding_box_test/0007_c3s2_000100_01.jpg"], {}),
    "msmt17": ("MSMT17", [f"train/{MSMT17}", f"test/{MSMT17}"], {"list_train.txt": f"{MSMT17} 0\n"}),
    "mars": ("MARS", ["bbox_train/0001/0001C1T0001F001.jpg", "bbox_test/0002/0002C1T0001F001.jpg"], {}),
    "viper": ("VIPeR", ["cam_a/000_45.bmp", "cam_b/000_90.bmp"], {}),
    "cuhk01": ("CUHK01", ["campus/0001001.png", "campus/0001003.png"], {}),
    "cuhk03-detected": ("CUHK03 detected", ["images_detected/1_001_1_01.png", "images_detected/1_001_2_06.png"], {}),
    "cuhk03-labeled": ("CUHK03 labeled", ["images_labeled/1_001_1_01.png", "images_labeled/1_001_2_06.png"], {}),
    "tracker-crops": ("tracker's crops", ["crops/person/1/a.jpg", "crops/dog/2/a.jpg"], {}),
    **{key: (name, list(told), {}) for key, (name, told) in PATHS.items()},
    "table": ("table", ["a.jpg", "b.jpg"], {"crops.csv": "image,identity\na.jpg,ada\nb.jpg,bo\n"}),
    "identity-folders": ("folder per identity", ["train/ada/1.jpg", "test/bo/1.jpg", "test/bo/2.jpg"], {}),
    "flat": ("flat folder", ["1.jpg", "2.jpg"], {}),
}
PUBLISHED = tuple(reader for reader in READERS if reader not in ("table", "identity-folders", "flat"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_recognised_as_itself(miniature: Miniature, layout: str) -> None:
    name, pictures, others = LAYOUTS[layout]
    assert read_dataset(miniature.make(pictures, others)).format == name


@pytest.mark.parametrize(
    ("reader", "layout"), [(reader, layout) for reader in PUBLISHED for layout in LAYOUTS if layout != reader]
)
def test_readers_of_published_data_sets_decline_all_others(miniature: Miniature, reader: str, layout: str) -> None:
    _, pictures, others = LAYOUTS[layout]
    path = miniature.make(pictures, others)
    with pytest.raises(ReidError, match=f"is not in the format '{reader}'"):
        read_dataset(path, format=reader)


def test_every_reader_is_tried_here() -> None:
    elsewhere = {"webdataset"}  # reads archives of another kind: test_webdataset.py
    elsewhere |= {"mot", "coco", "cvat", "yolo", "box-table"}  # are told by boxes in real pictures: test_annotations.py
    assert set(LAYOUTS) | elsewhere == set(READERS)
