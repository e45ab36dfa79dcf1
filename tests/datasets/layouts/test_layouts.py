"""What each published layout tells of a path: person, camera and split, as in the papers that are cited there."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.layouts import LAYOUTS as DESCRIBED
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

Told = dict[str, tuple[str, str | None, str]]  # path -> identity, camera, split

# Each pair of test people asks once and is in the gallery once or more; None as split: divided by identity.
LAYOUTS: dict[str, tuple[str, Told]] = {
    "prcc": (
        "PRCC",
        {
            "rgb/train/001/A_cropped_rgb001.jpg": ("001", "A", "train"),
            "rgb/train/001/B_cropped_rgb001.jpg": ("001", "B", "train"),
            "rgb/val/001/C_cropped_rgb002.jpg": ("001", "C", "train"),
            "rgb/test/A/003/cropped_rgb001.jpg": ("003", "A", "gallery"),
            "rgb/test/B/003/cropped_rgb001.jpg": ("003", "B", "query"),
            "rgb/test/C/003/cropped_rgb001.jpg": ("003", "C", "query"),
        },
    ),
    "ltcc": (
        "LTCC",
        {
            "LTCC_ReID/train/094_1_c9_015833.png": ("094", "9", "train"),
            "LTCC_ReID/train/094_2_c11_015834.png": ("094", "11", "train"),
            "LTCC_ReID/query/003_1_c1_010301.png": ("003", "1", "query"),
            "LTCC_ReID/test/003_2_c2_010302.png": ("003", "2", "gallery"),
        },
    ),
    "nkup": (
        "NKUP",
        {
            "bounding_box_train/0001_D0911_C01S01_00152.jpg": ("0001", "1", "train"),
            "bounding_box_train/0001_D0912_C12S01_00152.jpg": ("0001", "12", "train"),
            "query/0003_D0911_C01S01_00152.jpg": ("0003", "1", "query"),
            "bounding_box_test/0003_D0912_C02S03_00153.jpg": ("0003", "2", "gallery"),
            "bounding_box_test/0000_D0912_C02S03_00154.jpg": ("distractor", "2", "gallery"),
            "bounding_box_test/-1_D0912_C02S03_00155.jpg": ("junk", "2", "gallery"),
        },
    ),
    "celeb-reid": (
        "Celeb-reID",
        {
            "train/1_1_0.jpg": ("1", None, "train"),
            "train/1_12_0.jpg": ("1", None, "train"),
            "query/634_1_0.jpg": ("634", None, "query"),
            "gallery/634_2_0.jpg": ("634", None, "gallery"),
        },
    ),
    "vc-clothes": (
        "VC-Clothes",
        {
            "train/0001-01-01-01.jpg": ("0001", "1", "train"),
            "train/0001-04-02-07.jpg": ("0001", "4", "train"),
            "query/0500-03-01-01.jpg": ("0500", "3", "query"),
            "gallery/0500-04-01-02.jpg": ("0500", "4", "gallery"),
        },
    ),
    "last": (
        "LaST",
        {
            "last/train/000001/000001_01_s001_a.jpg": ("000001", None, "train"),
            "last/train/000001/000001_02_s001_a.jpg": ("000001", None, "train"),
            "last/val/query/000002_1.jpg": ("000002", None, "train"),
            "last/val/gallery/000002/000002_2.jpg": ("000002", None, "train"),
            "last/test/query/000003_1.jpg": ("000003", None, "query"),
            "last/test/gallery/000003/000003_2.jpg": ("000003", None, "gallery"),
        },
    ),
    "ccvid": (
        "CCVID",
        {
            "CCVID/session1/001_05/00001.jpg": ("001", "5", "train"),
            "CCVID/session1/001_05/00002.jpg": ("001", "5", "train"),
            "CCVID/session2/001_02/00001.jpg": ("001", "2", "train"),
            "CCVID/session3/001_05/00001.jpg": ("001", "17", "train"),
        },
    ),
    "p-dukemtmc": (
        "P-DukeMTMC-reID",
        {
            "train/occluded_body_images/0001/0001_c1_f0044158.jpg": ("0001", "occluded", "train"),
            "train/whole_body_images/0001/0001_c2_f0044158.jpg": ("0001", "whole", "train"),
            "test/occluded_body_images/0002/0002_c1_f0044158.jpg": ("0002", "occluded", "query"),
            "test/whole_body_images/0002/0002_c2_f0044158.jpg": ("0002", "whole", "gallery"),
        },
    ),
    "occluded-reid": (
        "Occluded-REID",
        {
            "occluded_body_images/001/001_01.tif": ("001", "occluded", "query"),
            "whole_body_images/001/001_01.tif": ("001", "whole", "gallery"),
        },
    ),
    "partial-reid": (
        "Partial-REID",
        {
            "partial_body_images/001_001.jpg": ("001", "partial", "query"),
            "whole_body_images/001_001.jpg": ("001", "whole", "gallery"),
        },
    ),
    "regdb": (
        "RegDB",
        {
            "Visible/1/male_back_v_07491_1.bmp": ("1", "visible", "train"),
            "Thermal/1/male_back_t_08471_1.bmp": ("1", "thermal", "train"),
        },
    ),
    "ilids-vid": (
        "i-LIDS-VID",
        {
            "i-LIDS-VID/sequences/cam1/person001/cam1_person001_00317.png": ("person001", "1", "train"),
            "i-LIDS-VID/sequences/cam2/person001/cam2_person001_00001.png": ("person001", "2", "train"),
        },
    ),
    "prid": (
        "PRID 2011",
        {
            "prid_2011/multi_shot/cam_a/person_0200/0001.png": ("0200", "a", "train"),
            "prid_2011/multi_shot/cam_b/person_0200/0001.png": ("0200", "b", "train"),
            "prid_2011/multi_shot/cam_a/person_0201/0001.png": ("a-0201", "a", "gallery"),
            "prid_2011/multi_shot/cam_b/person_0201/0001.png": ("b-0201", "b", "gallery"),
        },
    ),
    "grid": (
        "GRID",
        {
            "underground_reid/probe/0001_1_25004_107_32_106_221.jpeg": ("0001", "1", "query"),
            "underground_reid/gallery/0001_2_25023_116_134_128_330.jpeg": ("0001", "2", "gallery"),
            "underground_reid/gallery/0000_7_25023_116_134_128_330.jpeg": ("distractor", "7", "gallery"),
        },
    ),
    "cuhk02": (
        "CUHK02",
        {
            "P1/cam1/001_01.png": ("P1-001", "P1-1", "train"),
            "P1/cam2/001_01.png": ("P1-001", "P1-2", "train"),
            "P2/cam1/001_01.png": ("P2-001", "P2-1", "train"),
            "P2/cam1/001_02.png": ("P2-001", "P2-1", "train"),
            "P5/cam1/001_01.png": ("P5-001", "P5-1", "query"),
            "P5/cam2/001_02.png": ("P5-001", "P5-2", "gallery"),
        },
    ),
    "prepared": (
        "folders of Person_reID_baseline_pytorch",
        {
            "pytorch/train_all/0002/0002_c1s1_000451_03.jpg": ("0002", "1", "train"),
            "pytorch/train_all/0002/0002_c2s1_000301_01.jpg": ("0002", "2", "train"),
            "pytorch/query/0003/0003_c1s6_015971_00.jpg": ("0003", "1", "query"),
            "pytorch/gallery/0003/0003_c3s3_064744_00.jpg": ("0003", "3", "gallery"),
            "pytorch/gallery/0000/0000_c3s3_064744_00.jpg": ("distractor", "3", "gallery"),
            "pytorch/gallery/-1/-1_c3s3_064744_00.jpg": ("junk", "3", "gallery"),
        },
    ),
    "veri": (
        "VeRi-776",
        {
            "VeRi/image_train/0001_c001_00016450_0.jpg": ("0001", "1", "train"),
            "VeRi/image_train/0001_c020_00016450_0.jpg": ("0001", "20", "train"),
            "VeRi/image_query/0003_c001_00016470_0.jpg": ("0003", "1", "query"),
            "VeRi/image_test/0003_c012_00016490_0.jpg": ("0003", "12", "gallery"),
        },
    ),
}


def test_every_layout_is_tried_here() -> None:
    assert set(LAYOUTS) == set(DESCRIBED)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_person_camera_and_split_are_those_of_the_paths(miniature: Miniature, layout: str) -> None:
    name, told = LAYOUTS[layout]
    dataset = read_dataset(miniature.make(told), train_share=1.0)
    assert dataset.format == name
    columns = [miniature.column(dataset, column) for column in ("identity", "camera", "split")]
    assert {path: tuple(column[path] for column in columns) for path in columns[0]} == told
    assert dataset.skipped == ()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_does_not_fit_is_left_out_by_name(miniature: Miniature, layout: str) -> None:
    _, told = LAYOUTS[layout]
    dataset = read_dataset(miniature.make([*told, "x/other.jpg"]), train_share=1.0)
    assert set(miniature.column(dataset, "path")) == set(told)
    assert miniature.skipped(dataset)["x/other.jpg"].startswith("it is not like ")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_minority_of_paths_that_fit_by_chance_are_nobodys_data_set(miniature: Miniature, layout: str) -> None:
    _, told = LAYOUTS[layout]
    mine = [f"holiday/{number}.jpg" for number in range(len(told))]
    with contextlib.suppress(ReidError):  # nobody's: people of `train` may then be those of `test`
        assert read_dataset(miniature.make([*told, *mine])).format != LAYOUTS[layout][0]


@pytest.mark.parametrize(
    ("format", "pictures"),
    [
        # Dates, and not people of VC-Clothes.
        ("VC-Clothes", [f"{split}/2026-03-0{day}-11.jpg" for split in ("query", "gallery") for day in (1, 2, 3)]),
        # Who is asked for is not in the gallery.
        (
            "LTCC",
            ["query/001_1_c1_1.png", "query/002_1_c1_1.png", "test/003_1_c1_1.png", "test/004_1_c1_1.png"],
        ),
        # Frame numbers: each once.
        ("LaST", [f"test/{side}/00000{frame}_x.jpg" for side, frame in (("query", 1), ("query", 2), ("gallery", 3))]),
        # The same person on both sides.
        (
            "Celeb-reID",
            ["train/1_1_0.jpg", "query/1_2_0.jpg", "gallery/1_3_0.jpg", "gallery/1_4_0.jpg"],
        ),
        # No training folder.
        ("Celeb-reID", ["query/1_2_0.jpg", "gallery/1_3_0.jpg"]),
        ("Occluded-REID", ["whole_body_images/001/001_01.jpg", "whole_body_images/001/001_02.jpg"]),
        ("RegDB", ["visible/anna/1.jpg", "thermal/anna/1.jpg"]),
        ("PRID 2011", ["cam_a/person_0001/0001.png", "cam_b/person_0001/0001.png"]),
        (
            "i-LIDS-VID",
            [f"{split}/cam{c}/person001/cam{c}_person001_00001.png" for split in ("query", "gallery") for c in (1, 2)],
        ),
        ("GRID", ["probe/0001_x.jpg", "gallery/0001_y.jpg"]),
        ("VeRi-776", ["image_train/anna_c001.jpg", "image_query/ben_c001.jpg"]),
        ("PRCC", ["train/001/A_001.jpg", "test/A/003/001.jpg"]),
    ],
)
def test_what_merely_looks_a_bit_alike_is_not_recognised(
    miniature: Miniature, format: str, pictures: list[str]
) -> None:
    assert read_dataset(miniature.make(pictures)).format != format


def test_two_of_one_layout_are_refused_by_their_folders(miniature: Miniature) -> None:
    told = LAYOUTS["grid"][1]
    with pytest.raises(ReidError, match="holds more than one data set: '.*old.*' and '.*underground_reid'"):
        read_dataset(miniature.make([*told, *(f"old/{path}" for path in told)]))


def test_sketches_of_prcc_are_left_out_as_such(miniature: Miniature) -> None:
    sketch = "sketch/train/001/A_cropped_rgb001.jpg"
    dataset = read_dataset(miniature.make([*LAYOUTS["prcc"][1], sketch]))
    assert miniature.skipped(dataset) == {sketch: "it is a sketch; the photographs are read"}


@pytest.mark.parametrize(
    ("layout", "single"),
    [
        ("prid", "prid_2011/single_shot/cam_a/person_0200.png"),
        ("ilids-vid", "i-LIDS-VID/images/cam1/person001/cam1_person001.png"),
    ],
)
def test_single_shots_are_read_where_the_walks_are_not_there(miniature: Miniature, layout: str, single: str) -> None:
    name, told = LAYOUTS[layout]
    both = read_dataset(miniature.make([*told, single]))
    assert both.format == name
    assert miniature.skipped(both) == {single: "it shows the same people once more; the sequences are read"}


def test_single_shots_of_prid_alone(miniature: Miniature) -> None:
    names = {f"single_shot/cam_{camera}/person_{number:04d}.png" for camera in "ab" for number in (1, 2, 201, 300)}
    dataset = read_dataset(miniature.make(names))
    assert dataset.format == "PRID 2011"
    assert dataset.records.identities() == ["0001", "0002", "a-0201", "a-0300", "b-0201", "b-0300"]


def test_the_halves_of_a_prepared_training_folder_are_left_out(miniature: Miniature) -> None:
    told = LAYOUTS["prepared"][1]
    halves = [f"pytorch/{half}/0002/0002_c{c}s1_000451_03.jpg" for c, half in enumerate(("train", "val"))]
    dataset = read_dataset(miniature.make([*told, *halves]))
    assert set(miniature.column(dataset, "path")) == set(told)
    assert miniature.skipped(dataset) == dict.fromkeys(halves, "train_all holds this picture, too")


def test_walks_are_tracklets(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(LAYOUTS["ilids-vid"][1]))
    assert set(miniature.column(dataset, "tracklet").values()) == {"1-person001", "2-person001"}


def test_the_lists_of_ccvid_divide_its_walks(miniature: Miniature) -> None:
    walks = {"session1/001_01": "train", "session3/001_01": "train", "session1/002_01": "query"}
    walks |= {"session3/002_01": "gallery"}
    lists = {
        f"{split}.txt": "".join(f"{walk}\t{walk[9:12]}\tu0_l0\n" for walk, side in walks.items() if side == split)
        for split in ("train", "query", "gallery")
    }
    unlisted = "session2/003_01/00001.jpg"
    pictures = {f"{walk}/0000{shot}.jpg": split for walk, split in walks.items() for shot in "12"}
    dataset = read_dataset(miniature.make([*pictures, unlisted], lists))
    assert miniature.column(dataset, "split") == pictures
    assert miniature.skipped(dataset) == {unlisted: "no list of the data set names it"}
    assert miniature.column(dataset, "tracklet")["session3/002_01/00001.jpg"] == "session3/002_01"


def test_the_first_division_of_regdb_is_used_where_it_is_there(miniature: Miniature) -> None:
    people = {"1": "train", "2": "test"}
    pictures = [
        f"{side}/{person}/{side[0]}_{shot}.bmp" for side in ("Visible", "Thermal") for person in people for shot in "ab"
    ]
    lists: dict[str, str] = {}
    for picture in pictures:
        name = f"idx/{people[picture.split('/')[1]]}_{picture.split('/')[0].lower()}_1.txt"
        lists[name] = lists.get(name, "") + f"{picture} 0\n"
    dataset = read_dataset(miniature.make(pictures, lists))
    assert miniature.column(dataset, "split") == {
        picture: "train" if "/1/" in picture else "query" if picture.startswith("Visible") else "gallery"
        for picture in pictures
    }


def test_pictures_before_the_cut_of_partial_reid_are_left_out_as_such(miniature: Miniature) -> None:
    before = "occluded_body_images/001_001.jpg"
    dataset = read_dataset(miniature.make([*LAYOUTS["partial-reid"][1], before]))
    assert dataset.format == "Partial-REID"
    assert miniature.skipped(dataset) == {
        before: "partial_body_images holds this picture, cut to what is seen of the person"
    }
