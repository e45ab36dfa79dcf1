"""How an analysis stands, and the command that goes on with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from reid_core.errors import NotThere, Refused
from reid_core.workspace import job_kinds
from reid_core.workspace.catalogue.recordings import Progress, finish
from reid_core.workspace.imports.under_way import under_way
from reid_core.workspace.imports.video.tables import TableRow, write_recording_table
from reid_core.workspace.jobs import Job
from reid_core.workspace.jobs import Progress as Standing
from reid_core.workspace.recordings.analysis import arguments_of, go_on, standing_of, standings
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import film, filmed


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def job(*arguments: str) -> Job:
    return Job(Path("jobs/1"), "Analyse", "2026-03-02T07:00:00Z", Standing(), ("video", *arguments))


def test_a_recording_is_analysed_at_work_on_or_stopped(workspace: Workspace, tmp_path: Path) -> None:
    row = filmed(workspace)  # its file is /film/gate.mp4
    assert standing_of(row, []) == "stopped"
    assert standing_of(row, [job("/film/gate.mp4", "--gallery=town")]) == "analysing"
    assert standing_of(row, [job("/film", "--gallery=town")]) == "analysing"
    table = tmp_path / "recordings.csv"
    write_recording_table(table, [TableRow(Path(row.path), "gate", "unknown")])
    assert standing_of(row, [job(f"--table={table}", "--gallery=town")]) == "analysing"
    write_recording_table(table, [TableRow(Path("/film/other.mp4"), "gate", "unknown")])
    assert standing_of(row, [job(f"--table={table}", "--gallery=town")]) == "stopped"
    assert standing_of(row, [job("/film/gate.mp4.old"), job("/other")]) == "stopped"
    done = finish(workspace.catalogue, row.key, Progress(analysed=120.0, frames=600))
    assert standing_of(done, [job("/film/gate.mp4")]) == "analysed"


def test_what_another_process_analyses_is_told_and_not_begun_again(workspace: Workspace) -> None:
    row = filmed(workspace)
    with under_way(workspace.path, row.key):
        assert standings(workspace, "town", [row]) == {row.key: "elsewhere"}
        assert standing_of(row, [job("/film/gate.mp4")], True) == "analysing"
        with pytest.raises(Refused, match="analysed by another program already"):
            go_on(workspace, row)
    assert standings(workspace, "town", [row]) == {row.key: "stopped"}


def test_it_goes_on_as_it_was_begun(workspace: Workspace) -> None:
    row = film(
        workspace, settings={"rate": 2.5, "detector": "far"}, facts={"streams": 2, "stream": 1, "interlaced": True},
        copied=True, clock_offset=37.0,
    )  # fmt: skip
    assert arguments_of(row) == [
        "/film/gate.mp4", "--gallery=town", "--camera=gate", "--start=2026-03-02T07:00:37Z", "--fps=2.5",
        "--detector=far", "--stream=1", "--interlaced", "--copy",
    ]  # fmt: skip
    growing = film(workspace, name="b.ts", sha256=None, start=math.nan, start_source=None)
    assert arguments_of(growing) == ["/film/b.ts", "--gallery=town", "--camera=gate", "--start=unknown", "--follow"]


def test_a_job_goes_on_where_the_file_is_there(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Sequence[str]] = []

    def start(workspace: Workspace, word: str, arguments: Sequence[str], **names: str) -> Path:
        started.append([word, *arguments, job_kinds.title(word, **names)])
        return tmp_path

    monkeypatch.setattr(job_kinds, "start", start)
    file = tmp_path / "gate.mp4"
    file.write_bytes(b"film")
    go_on(workspace, filmed(workspace, path=str(file)))
    assert [(one[0], one[1], one[-1]) for one in started] == [
        ("video", str(file), "Analyse gate.mp4 into town"),
    ]
    gone = film(workspace, name="gone.mp4", start=1_772_500_000.0)
    with pytest.raises(NotThere, match=r"not there any more: /film/gone\.mp4\. Put it back"):
        go_on(workspace, gone)
    done = finish(workspace.catalogue, gone.key, Progress(analysed=120.0, frames=600))
    with pytest.raises(Refused, match="analysed to its end"):
        go_on(workspace, done)
