"""A case from the command line: search, judge, search again, take it away, delete it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, Ended, png_bytes, tiny_picture

Run = Callable[..., Ended]


def test_a_case_from_its_first_search_to_its_end(tiny_workspace: Workspace, tmp_path: Path, run_command: Run) -> None:
    def run(*arguments: object) -> Ended:
        return run_command(tiny_workspace.path, *arguments)

    photo = tmp_path / "seen.png"
    photo.write_bytes(png_bytes(tiny_picture(2, 77)))
    assert run("case", "new", "gate", "--purpose", "a lost bag").code == 0
    asking = ("search", photo, "--gallery", TINY_GALLERY, "--case", "gate", "--json")
    hits = run(*asking, "--save", "first").json()["hits"]
    judged = run("case", "judge", "gate", hits[0]["id"], "--verdict", "match")
    assert (judged.code, judged.err) == (0, "")
    assert "The verdict is on 1 crop and on 1 more of its tracklet.\n2 matches, 0 not" in judged.out
    judged = run("case", "judge", "gate", hits[-1]["id"], "--verdict", "not", "--crops-only")
    assert "2 matches, 1 not" in judged.out
    assert "tracklet" not in judged.out
    again = [hit["id"] for hit in run(*asking).json()["hits"]]
    assert not {hits[0]["id"], hits[-1]["id"]} & set(again)
    assert "2 matches, 0 not" in run("case", "undo", "gate").out
    shown = run("case", "show", "gate", "--json").json()
    assert [one["decision"] for one in shown["standing"]] == ["match", "match"]
    assert [(one["name"], one["trouble"], one["new"]) for one in shown["saved_searches"]] == [("first", None, 0)]
    assert run("case", "run", "gate", "--search", "first", "--new", "--json").json()["hits"] == []
    for name in ("report.html", "table.csv", "case.json"):
        assert run("case", "export", "gate", tmp_path / name).code == 0
        assert (tmp_path / name).stat().st_size > 500
    assert "suffixes" in run("case", "export", "gate", tmp_path / "case.docx").err
    assert "in the workspace" in run("case", "export", "gate", tiny_workspace.path / "case.json").err
    assert run("case", "delete", "gate", "--purpose", "over").code == 1  # not confirmed
    assert run("case", "delete", "gate", "--purpose", "over", "--yes").code == 0
    assert run("case", "list", "--json").json()["investigations"] == []
    assert "There is no case 'gate'" in run("case", "show", "gate").err


def test_a_search_says_what_it_looked_at(tiny_workspace: Workspace, run_command: Run) -> None:
    def run(*arguments: object) -> Ended:
        return run_command(tiny_workspace.path, "search", "--gallery", TINY_GALLERY, "--crop", 1, *arguments)

    told = run("--json").json()["coverage"]
    (left_out,) = told["cameras_left_out"]  # the photo's own camera
    assert left_out == "entrance"
    assert told["sentence"].startswith("Searched 2 of 3 cameras: 16 crops between 00:00")
    assert told["sentence"] in " ".join(run().out.split())
    everywhere = run("--same-camera", "--json").json()["coverage"]
    assert (everywhere["cameras_left_out"], everywhere["imported_crops"]) == ([], 24)
    nothing = run("--hours", "5", "--json").json()
    assert nothing["hits"] == []
    assert nothing["coverage"]["sentence"].startswith("No data: there is no crop from hall and stairs")


def test_a_search_takes_several_pictures_crops_and_filters(
    tiny_workspace: Workspace, tmp_path: Path, run_command: Run
) -> None:
    def run(*arguments: object) -> Ended:
        return run_command(tiny_workspace.path, "search", "--gallery", TINY_GALLERY, *arguments)

    photos = [tmp_path / f"{person}.png" for person in (2, 3)]
    for person, photo in zip((2, 3), photos, strict=True):
        photo.write_bytes(png_bytes(tiny_picture(person, 77)))
    both = run(*photos, "--top", 4, "--group", "tracklet", "--json").json()
    assert {hit["identity"] for hit in both["hits"]} == {"2", "3"}
    assert both["groups"] == [[1, 2], [3, 4], [5, 6], [7, 8]] or [len(one) for one in both["groups"]] == [2] * 4
    assert {hit["identity"] for hit in run("--crop", 1, "--top", 4, "--json").json()["hits"]} == {"1"}
    assert run(photos[0], "--not", photos[1], "--json").code == 0
    # The crops were taken within the first minutes of Thursday, 1 January 2026.
    assert len(run(photos[0], "--weekday", "thu", "--hours", "23-1", "--json").json()["hits"]) == 20
    assert run(photos[0], "--weekday", "mon", "--json").json()["hits"] == []
    assert run(photos[0], "--unnamed", "--json").json()["hits"] == []
    assert "none of the colours" in run(photos[0], "--upper", "mauve").err
    assert "no day of the week" in run(photos[0], "--weekday", "m").err
    assert "no hour" in run(photos[0], "--hours", "7-25").err
    assert "nothing to search for" in run("--not", photos[0]).err
    assert "--case" in run(photos[0], "--save", "x").err
