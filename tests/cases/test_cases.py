"""What other people stumbled over, each as they would meet it: from a command line, on the files that they had.

A folder here is a case: `check.sh` runs `run.sh` of the folder of that name in ../shared/cases, which lies beside the
project where it is developed, and exits with 0 only when all of `expect.txt` there holds. What is checked there on
other people's inputs has a test of its own, on inputs made here, beside the code that it is about.

`check.sh` finds CASE (that folder), REID (the command), PYTHON, and OUT, an empty folder, in its environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
INPUTS = PROJECT.parent / "shared" / "cases"
SECONDS = 600  # for one case: some start the command ten times, on a machine that does other work as well
CHECKS = sorted(HERE.glob("*/check.sh"))


@pytest.mark.timeout(SECONDS + 30)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.parent.name)
def test_the_case_ends_as_expected(check: Path, tmp_path: Path) -> None:
    case = INPUTS / check.parent.name
    if not case.is_dir():
        pytest.skip(f"its input is not here: {case}")
    command = tmp_path / "reid"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reid_core.cli "$@"\n')
    command.chmod(0o755)
    out = tmp_path / "out"
    out.mkdir()
    environment = {**os.environ, "CASE": str(case), "REID": str(command), "PYTHON": sys.executable, "OUT": str(out)}
    environment |= {"PYTHONPATH": str(PROJECT), "TMPDIR": str(tmp_path)}
    ended = subprocess.run(["sh", str(check)], env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert ended.returncode == 0, f"{ended.stdout[-6000:]}\n{ended.stderr[-3000:]}"
