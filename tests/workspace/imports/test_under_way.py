"""Who is analysing a recording: told by a lock that goes with the process, however that ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reid_core.workspace.imports.under_way import is_under_way, under_way
from reid_core.workspace.layout import ANALYSING

HOLD = (
    "import sys, time; from pathlib import Path; from reid_core.workspace.imports.under_way import under_way\n"
    "with under_way(Path(sys.argv[1]), 7): print('held', flush=True); time.sleep(60)"
)


@contextmanager
def another_process(workspace: Path) -> Iterator[subprocess.Popen[str]]:
    """It analyses recording 7 until it is killed."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(workspace)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_recording_is_under_way_while_a_process_analyses_it_and_no_longer(tmp_path: Path) -> None:
    assert not is_under_way(tmp_path, 7)
    with under_way(tmp_path, 7):
        assert [is_under_way(tmp_path, number) for number in (7, 7, 8)] == [True, True, False]
    assert not is_under_way(tmp_path, 7)
    assert list((tmp_path / ANALYSING).iterdir()) == []


def test_a_process_that_is_killed_leaves_nothing_under_way(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        assert is_under_way(tmp_path, 7)
        process.kill()
        process.wait()
        assert not is_under_way(tmp_path, 7)
    with under_way(tmp_path, 7):
        assert is_under_way(tmp_path, 7)
    assert list((tmp_path / ANALYSING).iterdir()) == []


def test_a_second_one_goes_on_without_the_lock_and_leaves_it_to_the_first(tmp_path: Path) -> None:
    with another_process(tmp_path):
        with under_way(tmp_path, 7):
            assert is_under_way(tmp_path, 7)
        assert is_under_way(tmp_path, 7)


def test_a_workspace_that_cannot_be_written_stops_no_analysis(tmp_path: Path) -> None:
    (tmp_path / ANALYSING).write_text("a file where the folder should be")
    with under_way(tmp_path, 7):
        assert not is_under_way(tmp_path, 7)
