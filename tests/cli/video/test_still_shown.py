"""`reid delete`, `reid recordings`, `reid blur` and `reid remove-file` about files that still show deleted people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reid_core.cli.shared.options import STOPPED
from reid_core.workspace.catalogue.selection import order_to_json
from reid_core.workspace.imports.whole_files import Stopped
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended
from tests.workspace.recordings.filed import crops, dropped, filed

Reid = Callable[..., Ended]
DELETE = ("delete", "--gallery", "town", "--purpose", "she asked", "--yes")


@pytest.fixture
def film(workspace: Workspace, tmp_path: Path) -> Path:
    filed(workspace, tmp_path / "gate.mp4")
    return tmp_path / "gate.mp4"


def test_a_deletion_says_which_files_still_show_them(reid: Reid, film: Path) -> None:
    ended = reid(*DELETE, "--crop", "1,2")
    assert "1 file still shows deleted people, where you keep recordings:" in ended.out
    assert f"gate: {film} (8.0 s in 1 stretch)" in ended.out
    assert "`reid blur` makes a copy" in ended.out
    (receipt,) = reid(*DELETE, "--recording", "gate", "--json").json()["receipts"]
    assert receipt["recordings"] == [
        {
            "gallery": "town", "recording": "gate", "path": str(film), "stretches": 0, "seconds": 0, "gone": True,
        }
    ]  # fmt: skip
    assert "recordings" not in reid("receipts", "--json").json()["receipts"][0], "they are told, and not kept"
    assert "The file of 1 recording may still show the deleted people." in reid("audit").out
    assert str(film) not in reid("audit").out


def test_a_deletion_names_recordings_of_other_galleries_of_the_same_film(
    reid: Reid, workspace: Workspace, film: Path
) -> None:
    filed(workspace, film, gallery="yard", name="door")
    ended = reid(*DELETE, "--crop", "1,2")
    assert "1 file still shows deleted people" in ended.out
    assert "Recording door of gallery yard is the same film as gate." in ended.out
    (receipt,) = reid(*DELETE, "--crop", "3", "--json").json()["receipts"]
    assert receipt["same_film"] == [{"gallery": "yard", "recording": "door", "same_as": "gate"}]
    assert [one["gallery"] for one in receipt["recordings"]] == ["town"]


def test_nothing_is_said_where_no_file_shows_them(reid: Reid, film: Path) -> None:
    film.unlink()
    assert "still show" not in reid(*DELETE, "--crop", "1,2").out


def test_the_list_of_recordings_says_how_much_is_not_shown(reid: Reid, film: Path) -> None:
    assert "not shown" not in reid("recordings", "town").out
    (row,) = reid("recordings", "town", "--json").json()["recordings"]
    assert (row["not_shown"], row["seconds_not_shown"], row["blurred"]) == ([], 0, False)
    reid(*DELETE, "--crop", "1,2")
    said = "gate: 8.0 s in 1 stretch are not shown, because somebody in them was deleted."
    assert said in reid("recordings", "town").out
    (row,) = reid("recordings", "town", "--json").json()["recordings"]
    assert (row["not_shown"], row["seconds_not_shown"], row["blurred"]) == ([[8.0, 16.0]], 8.0, False)


def test_a_blurred_copy_is_made_and_said(reid: Reid, film: Path) -> None:
    refused = reid("blur", "town", "gate")
    assert (refused.code, "nothing to blur" in refused.err) == (1, True)
    reid(*DELETE, "--crop", "1,2")
    ended = reid("blur", "town", "gate", "--purpose", "receipt 1")
    assert ended.code == 0
    assert "unrecognisable for 8.0 s in 1 stretch" in ended.out
    assert "Whoever else is in view then is hidden, too." in ended.out
    assert f"The original still shows everybody: {film}" in ended.out
    assert "8.0 s in 1 stretch are blurred in the workspace's copy" in reid("recordings", "town").out
    assert reid("recordings", "town", "--json").json()["recordings"][0]["blurred"]
    again = reid("blur", "town", "--recording=gate", "--json").json()
    assert again["already"]
    assert Path(again["path"]).is_file()
    assert "Made a blurred copy of recording 1 in gallery town: 8.0 s in 1 stretch" in reid("audit").out
    assert "Name one recording" in reid("blur", "town").err


def test_a_file_is_removed_after_its_recordings_name_is_typed(
    reid: Reid, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = reid("remove-file", "town", "gate")
    assert (refused.code, film.is_file()) == (1, True)
    assert "say --yes" in refused.err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda text: "gat")
    refused = reid("remove-file", "town", "gate")
    assert "Nothing was removed: that is not gate." in refused.err
    assert film.is_file()
    monkeypatch.setattr("typer.prompt", lambda text: "gate")
    assert "The file of recording gate was removed from the disk." in reid("remove-file", "town", "gate").out
    assert not film.exists()


def test_a_script_removes_a_file_without_being_asked(reid: Reid, film: Path) -> None:
    ended = reid("remove-file", "town", "gate", "--yes", "--json", "--purpose", "request 17")
    assert ended.json() == {"gallery": "town", "recording": "gate", "removed": True, "other_names": 0}
    assert not film.exists()
    assert "request 17" in reid("audit").out
    ended = reid("remove-file", "town", "gate", "--yes")
    assert (ended.code, "is not there any more" in ended.err) == (1, True)


def test_a_film_that_only_the_workspace_has_is_said_and_blurred_first(reid: Reid, workspace: Workspace) -> None:
    dropped(workspace)
    dry = reid("delete", "--gallery", "town", "--crop", "1,2", "--dry-run").out
    assert "It would be blurred first" in dry
    assert "`--remove-copies` removes it without blurring, at once." in dry
    lost = reid("delete", "--gallery", "town", "--crop", "1,2", "--dry-run", "--remove-copies")
    assert "The tracklet that stays could not be played any more." in lost.out
    assert "--remove-copies" not in lost.out
    planned = reid("delete", "--gallery", "town", "--crop", "1,2", "--dry-run", "--json").json()["plans"]["town"]
    (copy,) = planned["copies"]
    assert (copy["recording"], copy["tracklets"], copy["only"], copy["blurs"]) == ("gate", 1, True, True)
    ended = reid(*DELETE, "--crop", "1,2")
    assert "is blurred now where they were in view. No other file of it is known." in ended.out
    assert "Made a blurred copy of recording 1 in gallery town: 8.0 s in 1 stretch" in reid("audit").out
    assert "copies" not in reid("receipts", "--json").json()["receipts"][0], "they are told, and not kept"


def test_a_pages_order_stays_until_the_film_is_blurred_so_that_it_can_be_given_again(
    reid: Reid, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(workspace)
    order = tmp_path / "selection.json"
    order.write_text(order_to_json(crops(1, 2), "she asked"))
    given = ("delete", "--gallery", "town", "--selection", str(order), "--yes")
    monkeypatch.setattr("reid_core.workspace.recordings.blurred_copy.LEAST_FREE", 2**70)
    refused = reid(*given)
    assert "Nothing was deleted, because the workspace's copy of recording gate could not be blurred" in refused.err
    assert order.exists()
    monkeypatch.undo()
    assert "2 crops of gallery town deleted" in reid(*given).out
    assert not order.exists(), "it may name people"


def test_a_stop_while_it_blurs_is_said_and_keeps_a_pages_order(
    reid: Reid, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(workspace)
    order = tmp_path / "selection.json"
    order.write_text(order_to_json(crops(1, 2), "she asked"))

    def stopped(*given: object, **options: object) -> None:
        raise Stopped

    monkeypatch.setattr("reid_core.workspace.deletion.deletion.delete", stopped)
    ended = reid("delete", "--gallery", "town", "--selection", str(order), "--yes")
    assert (ended.code, "Stopped; nothing is lost: run the same command again." in ended.err) == (STOPPED, True)
    assert order.exists()
