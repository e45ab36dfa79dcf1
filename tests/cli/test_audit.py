"""`reid audit`: sentences for people, and lines as they are stored for programs."""

from __future__ import annotations

from collections.abc import Callable

from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import MATCH, Seen
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended, signed

Run = Callable[..., Ended]


def test_the_log_is_printed_as_sentences(tiny_workspace: Workspace, run_command: Run) -> None:
    cases.create(tiny_workspace, "gate", "a lost bag")
    verdicts.give(signed(tiny_workspace, "ann"), "gate", MATCH, [Seen(3)])
    printed = " ".join(run_command(tiny_workspace.path, "audit").out.split())
    assert "Began case 1." in printed
    for part in ("ann (signed on", "Decided “match” on", "a lost bag", TESTER.name):
        assert part in printed
    assert not set("{}[]'") & set(printed)


def test_json_keeps_the_stored_names(tiny_workspace: Workspace, run_command: Run) -> None:
    cases.create(tiny_workspace, "gate", "a lost bag")
    (line,) = run_command(tiny_workspace.path, "audit", "--json").json()["audit"]
    assert line | {"at": ""} == {
        "at": "", "who": TESTER.name, "action": "investigation", "purpose": "a lost bag", "investigation": 1,
    }  # fmt: skip
