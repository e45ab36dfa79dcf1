"""The commands about what is kept: delete, receipts, hold, release, check, export."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from reid_core.workspace.catalogue.selection import Selection, order_to_json
from reid_core.workspace.galleries import editing
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, Ended, png_bytes, tiny_picture
from tests.workspace.catalogue.filmed import film

Reid = Callable[..., Ended]


@pytest.fixture
def reid(tiny_workspace: Workspace, run_command: Callable[..., Ended]) -> Reid:
    return partial(run_command, tiny_workspace.path)


def crops(workspace: Workspace) -> int:
    return sum(info.crops for info in workspace.catalogue.galleries())


def test_a_person_is_deleted_after_a_dry_run_and_the_receipt_is_kept(reid: Reid, tiny_workspace: Workspace) -> None:
    asked = ["delete", "--gallery", TINY_GALLERY, "--identity", "2"]
    dry = reid(*asked, "--dry-run")
    assert dry.code == 0
    assert "6 crops would be deleted, with 6 vectors. Nothing would be left of 1 identity." in dry.out
    assert crops(tiny_workspace) == 24
    refused = reid(*asked, "--purpose", "request 17")
    assert (refused.code, crops(tiny_workspace)) == (1, 24)
    assert "say --yes" in refused.err
    done = reid(*asked, "--purpose", "request 17", "--yes")
    assert done.code == 0
    assert "Receipt 1: 6 crops of gallery tiny deleted." in done.out
    assert crops(tiny_workspace) == 18
    (receipt,) = reid("receipts", "--json").json()["receipts"]
    assert (receipt["crops"], receipt["purpose"], receipt["selection"]) == (6, "request 17", "1 identity")
    assert "request 17" in reid("receipts").out


def test_the_log_tells_of_photos_until_they_are_deleted(reid: Reid, tiny_workspace: Workspace) -> None:
    sha256 = tiny_workspace.catalogue.crops_of([7])["sha256"].iloc[0]
    assert reid("search", "--gallery", TINY_GALLERY, "--crop", "7", "--purpose", "a lost bag").code == 0
    shown = reid("audit").out
    assert sha256[:12] in shown
    assert "a lost bag" in shown
    assert reid("delete", "--gallery", TINY_GALLERY, "--crop", "7", "--purpose", "request 17", "--yes").code == 0
    shown = reid("audit").out
    assert sha256[:12] not in shown
    assert "a lost bag" not in shown
    deleted, searched = reid("audit", "--json").json()["audit"]
    assert (deleted["purpose"], deleted["log_lines"]) == ("request 17", 1)
    assert (searched["purpose"], searched["personal"], searched["action"]) == ("", "deleted", "search")
    assert "Its personal fields were deleted." in " ".join(shown.split())


def test_retention_deletes_what_is_old_of_one_camera_in_every_gallery(reid: Reid, tiny_workspace: Workspace) -> None:
    planned = reid("delete", "--older-than", "1d", "--camera", "hall", "--dry-run", "--json").json()
    assert planned["plans"][TINY_GALLERY]["crops"] == 8  # their times are of January, today is later
    done = reid("delete", "--older-than", "1d", "--camera", "hall", "--purpose", "retention", "--yes", "--json").json()
    assert [receipt["crops"] for receipt in done["receipts"]] == [8]
    years = (time.time() - 1_767_225_600) / 86_400 / 365 + 2
    assert reid("delete", "--older-than", f"{int(years * 365)}d", "--purpose", "x", "--yes").code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--yes", "--purpose", "x"], "Say what to delete"),
        (["--identity", "2"], "Name the gallery"),
        (["--all"], "Name the gallery"),
        (["--older-than", "soon"], "no length of time; write 12h, 30d or 8w"),
        (["--gallery", "tiny", "--crop", "1,two"], "'two' is no number of a crop"),
        (["--gallery", "tiny", "--identity", "77", "--yes", "--purpose", "x"], "no identity '77'"),
        (["--gallery", "tiny", "--identity", "2", "--yes"], "Say why"),
        (["--gallery", "tony", "--identity", "2"], "There are: tiny"),
        (["--gallery", "tiny", "--source", "/elsewhere", "--yes", "--purpose", "x"], "no crop fits"),
    ],
)
def test_a_deletion_that_is_not_clear_is_refused(
    reid: Reid, tiny_workspace: Workspace, arguments: list[str], said: str
) -> None:
    ended = reid("delete", *arguments)
    assert ended.code == 1
    assert said in ended.err
    assert crops(tiny_workspace) == 24


def test_a_source_or_a_whole_gallery_can_be_deleted(reid: Reid, tiny_workspace: Workspace, tiny_dataset: Path) -> None:
    asked = ["delete", "--gallery", TINY_GALLERY, "--source", tiny_dataset, "--dry-run", "--json"]
    assert reid(*asked).json()["plans"][TINY_GALLERY]["crops"] == 24
    assert reid("delete", "--gallery", TINY_GALLERY, "--all", "--purpose", "closed", "--yes").code == 0
    assert tiny_workspace.catalogue.galleries() == []


def test_a_pages_selection_comes_in_a_file_that_is_removed(
    reid: Reid, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "selection.json"
    file.write_text(Selection(ids=frozenset({4, 5})).to_json())
    asked = ["delete", "--gallery", TINY_GALLERY, "--selection", file, "--purpose", "x", "--yes", "--json"]
    assert reid(*asked).json()["receipts"][0]["crops"] == 2
    assert not file.exists()
    assert crops(tiny_workspace) == 22


def test_a_pages_purpose_comes_in_the_same_file(reid: Reid, tiny_workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "selection.json"
    file.write_text(order_to_json(Selection(ids=frozenset({4, 5})), "--all of request 17"))
    (receipt,) = reid("delete", "--gallery", TINY_GALLERY, "--selection", file, "--yes", "--json").json()["receipts"]
    assert (receipt["crops"], receipt["purpose"]) == (2, "--all of request 17")
    assert not file.exists()


def test_a_hold_blocks_a_deletion_until_it_is_released(reid: Reid, tiny_workspace: Workspace) -> None:
    assert reid("hold", "case-12", "--gallery", TINY_GALLERY, "--identity", "1", "--json").json()["crops"] == 6
    asked = ["delete", "--gallery", TINY_GALLERY, "--identity", "1", "--purpose", "x", "--yes"]
    ended = reid(*asked)
    assert ended.code == 1
    assert "all that fits is held in tiny" in ended.err
    assert "6 crops can be deleted again" in reid("release", "case-12").out
    assert reid(*asked).code == 0
    assert "There is no hold 'case-12'" in reid("release", "case-12").err


def test_pictures_that_vanished_or_changed_are_named(
    reid: Reid, tiny_workspace: Workspace, tiny_dataset: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(tiny_dataset, own)
    assert reid("import", own / "crops.csv", "--gallery", "own").code == 0
    (own / "1-hall-0.png").unlink()
    (own / "2-hall-0.png").write_bytes(png_bytes(tiny_picture(99, 1)))
    checked = reid("check", "own", "--json")
    assert checked.code == 1
    found = checked.json()
    assert found["whole"] == 22
    assert {item["path"]: item["reason"] for item in found["wrong"]} == {
        "1-hall-0.png": "there is no such file",
        "2-hall-0.png": "it has changed since it was imported",
    }
    indexed = reid("index", "own", "--model", "stripes", "--json").json()
    assert (indexed["added"], len(indexed["skipped"])) == (22, 2)
    assert "24 pictures as they were imported" in reid("check", TINY_GALLERY).out


def test_an_exported_gallery_comes_back_as_it_was(reid: Reid, tiny_workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert reid("export", TINY_GALLERY, folder, "--json").json()["added"] == 24
    again = reid("import", folder / "records.parquet", "--gallery", "again", "--json").json()
    assert (again["added"], again["skipped"]) == (24, [])
    columns = ["identity", "camera", "time", "tracklet", "split", "sha256", "width", "height"]
    before, after = (tiny_workspace.catalogue.crops(name)[columns] for name in (TINY_GALLERY, "again"))
    assert before.equals(after)
    assert "is not empty" in reid("export", TINY_GALLERY, folder).err
    assert tiny_workspace.catalogue.audit(1)[0]["action"] == "export"


def test_an_import_copies_embeds_and_reports_in_one_go(reid: Reid, tiny_workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.png").write_bytes(png_bytes(tiny_picture(number, 5)))
    shutil.copy(folder / "3.png", folder / "3-again.png")
    (folder / "bad.jpg").write_bytes(b"nothing")
    done = reid("import", folder, "--gallery", "new", "--copy", "--index-with", "stripes", "--json").json()
    assert (done["added"], done["duplicates"], done["indexed"]["added"]) == (4, 1, 4)
    assert Path(done["report"]).read_text().splitlines()[1].startswith("bad.jpg,")
    shutil.rmtree(folder)
    assert "4 pictures as they were imported" in reid("check", "new").out
    words = reid("import", os.fspath(tmp_path / "gone"), "--gallery", "new")
    assert "There is no folder or file" in words.err


def test_a_gallery_that_is_held_does_not_keep_others_from_their_retention(
    reid: Reid, tiny_workspace: Workspace, tiny_dataset: Path
) -> None:
    assert reid("import", tiny_dataset / "crops.csv", "--gallery", "zoo").code == 0
    assert reid("hold", "case-1", "--gallery", TINY_GALLERY).code == 0
    done = reid("delete", "--older-than", "1d", "--purpose", "retention", "--yes", "--json").json()
    assert ([receipt["gallery"] for receipt in done["receipts"]], done["held"]) == (["zoo"], [TINY_GALLERY])
    assert crops(tiny_workspace) == 24


def test_a_hold_of_nobody_is_an_error(reid: Reid) -> None:
    assert "no identity 'nobody'" in reid("hold", "case-1", "--gallery", TINY_GALLERY, "--identity", "nobody").err
    assert "Nothing is held" in reid("hold", "case-1", "--gallery", TINY_GALLERY, "--camera", "attic").err


def test_a_label_with_a_comma_is_one_person(reid: Reid, tiny_workspace: Workspace) -> None:
    for value, identity in (("Smith", "1"), ("Anna", "2"), ("Smith, Anna", "3")):
        editing.relabel(
            tiny_workspace.catalogue, TINY_GALLERY, Selection(identities=frozenset({identity})), "identity", value
        )
    asked = ["delete", "--gallery", TINY_GALLERY, "--identity", "Smith, Anna", "--dry-run", "--json"]
    assert reid(*asked).json()["plans"][TINY_GALLERY]["crops"] == 6
    reid("delete", "--gallery", TINY_GALLERY, "--identity", "Smith, Anna", "--purpose", "x", "--yes")
    assert set(tiny_workspace.catalogue.crops(TINY_GALLERY)["identity"]) == {"Smith", "Anna", "4"}


def test_an_export_leaves_out_what_changed_and_stays_out_of_the_workspace(
    reid: Reid, tiny_workspace: Workspace, tiny_dataset: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(tiny_dataset, own)
    reid("import", own / "crops.csv", "--gallery", "own")
    (own / "2-hall-0.png").write_bytes(png_bytes(tiny_picture(99, 1)))
    done = reid("export", "own", tmp_path / "out", "--json").json()
    assert (done["added"], [item["path"] for item in done["skipped"]]) == (23, ["2-hall-0.png"])
    assert "is in the workspace" in reid("export", "own", tiny_workspace.path / "originals" / "x").err


def test_a_recording_that_is_not_there_is_refused(reid: Reid, tiny_workspace: Workspace) -> None:
    film(tiny_workspace, TINY_GALLERY)
    film(tiny_workspace, "street", name="a, b.mp4")
    of_gallery = ["--gallery", TINY_GALLERY, "--recording", "gate.mp4,NOPE"]
    for asked in (["delete", "--dry-run"], ["delete", "--yes", "--purpose", "test"], ["hold", "case-7"]):
        refused = reid(*asked, *of_gallery)
        assert refused.code == 1
        assert "Gallery 'tiny' has no recording 'NOPE'. There are: gate.mp4." in refused.err
    refused = reid("delete", "--recording", "NOPE", "--dry-run")
    assert refused.code == 1
    assert "No gallery has a recording 'NOPE'. List them with `reid recordings GALLERY`." in refused.err
    for name in ("gate.mp4", "a, b.mp4"):
        assert "1 recording would be removed" in reid("delete", "--recording", name, "--dry-run").out
