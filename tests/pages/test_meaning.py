"""What the Search page says of a similarity, without a browser."""

from __future__ import annotations

from reid_core.embedder.model import model_id
from reid_core.evaluation.calibration import Calibration
from reid_core.workspace.calibrating import keep_calibration
from reid_core.workspace.workspace import Workspace
from tests.pages.search_page import (
    OpenPage,
    file_of,
    groups_of,
    upload,
    words_of,
)  # fmt: skip

# --- before there is anything to search ---


def test_without_a_calibration_the_order_is_all_and_the_page_says_why(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny")
    upload(page, "photo.png", file_of(tiny_workspace, 1))
    assert "Model stripes has no calibration, so a similarity means nothing by itself" in words_of(page)
    assert groups_of(page)
    assert not any(group["meaning"] for group in groups_of(page))


def test_with_a_calibration_each_hit_says_how_often_others_look_this_alike(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    folder = tiny_workspace.find_model("stripes")
    columns = dict.fromkeys(("fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high"), (0.1,))
    table = {"similarity": (0.0,), "evidence": (-1.0, 1.0), **columns, "fmr_high": (0.25,)}
    found = Calibration(model_id(folder), ("tiny",), "tiny", 50, 40_000, 300, (), table)
    keep_calibration(tiny_workspace, folder, found)
    page = open_page(tiny_workspace.path, gallery="tiny")
    upload(page, "photo.png", file_of(tiny_workspace, 1))
    words = words_of(page)
    assert (
        "First hit: fewer than 1 in 4 pairs of different people look this alike: at most 4 by chance" in words
    )  # of 16
    assert groups_of(page)[0]["meaning"] == "under 1 in 4 by chance"
