"""What the Search page says of a similarity, without a browser."""

from __future__ import annotations

from reid_core.embedder.model import model_id
from reid_core.evaluation.calibration.calibration import Calibration
from reid_core.workspace.models.calibration import keep_calibration
from reid_core.workspace.workspace import Workspace
from tests.pages.search_page import (
    OpenPage,
    choose,
    data_of,
    do,
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
    assert "“Calibrate” on the Evaluation page (view Calibration) makes a calibration" in words_of(page)
    assert "reid calibrate" not in words_of(page)
    assert groups_of(page)
    assert not any(group["meaning"] for group in groups_of(page))
    assert "may not be" not in words_of(page)  # without a calibration nothing is known of chance
    assert "expected" not in words_of(page)


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
    # nothing was seen above the table's only point: of 16 crops at most a quarter
    caption = "how rare a stranger this similar is, is not known: at most 4 per search of this gallery"
    assert groups_of(page)[0]["meaning"] == caption
    assert "may not be" not in words_of(page)
    assert "The calibration is too small to tell for this many crops and photos." in words_of(page)
    page = do(page, "answers", "opened", group=groups_of(page)[0]["id"], crop=groups_of(page)[0]["id"])
    assert dict(data_of(page, "compare")["facts"])["By chance"] == (
        f"{caption[0].upper()}{caption[1:]}; fewer than 1 in 4 pairs of different people from different cameras are "
        "this similar, and 16 crops were compared."
    )
    choose(page, ["stairs"])
    assert groups_of(page)[0]["meaning"].endswith("of these crops")


def test_where_strangers_are_known_to_be_this_similar_the_person_may_not_be_there(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    folder = tiny_workspace.find_model("stripes")
    columns = dict.fromkeys(("fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high"), (1.0,))
    table = {"similarity": (1.0,), "evidence": (-1.0, 1.0), **columns}
    keep_calibration(
        tiny_workspace, folder, Calibration(model_id(folder), ("tiny",), "tiny", 50, 40_000, 300, (), table)
    )
    page = open_page(tiny_workspace.path, gallery="tiny")
    upload(page, "photo.png", file_of(tiny_workspace, 1))
    caption = "a stranger this similar is expected about 16 times in every search of this gallery"
    why = f"A stranger could easily score as high as the best hit: {caption}."
    assert f"The person may not be in this gallery.</b><p>{why}</p>" in words_of(page)
    choose(page, ["stairs"])
    assert "The person may not be among these crops." in words_of(page)
    page.toggle(key="leave-out").set_value(False).run()
    assert "This was not measured for the photo's own camera" in words_of(page).replace("&#x27;", "'")


def test_a_hit_beyond_chance_gives_no_warning(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    folder = tiny_workspace.find_model("stripes")
    rates = dict.fromkeys(("fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high"), (0.002,))
    table = {"similarity": (-1.0,), "evidence": (-1.0, 1.0), **rates}
    found = Calibration(model_id(folder), ("tiny",), "tiny", 50, 40_000, 300, (), table)
    keep_calibration(tiny_workspace, folder, found)
    page = upload(open_page(tiny_workspace.path, gallery="tiny"), "photo.png", file_of(tiny_workspace, 1))
    assert "may not be" not in words_of(page)
    # 0.002 of 16 crops is 0.032, once in 31 searches; nothing was seen above the table's only point
    assert "First hit: a stranger this similar is expected less than once in 31 searches of this gallery." in words_of(
        page
    )
