"""`reid app` becomes the server of the app that came with this program, on this machine alone unless told otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reid_core.packaging.installed import APP, IMPORTED_FROM
from reid_core.workspace.workspace import VARIABLE
from tests.conftest import Ended

Call = tuple[list[str], dict[str, str]]


class _BecameTheServer(SystemExit):
    """In place of `os.execve`, which does not return."""


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    calls: list[Call] = []

    def become(program: str, command: list[str], environment: dict[str, str]) -> None:
        assert program == sys.executable
        calls.append((command[1:], environment))
        raise _BecameTheServer(0)

    monkeypatch.setattr(os, "execve", become)
    return calls


def test_in_a_checkout_it_is_the_app_of_the_checkout() -> None:
    root = Path(__file__).parents[2]
    assert APP == IMPORTED_FROM == root
    assert (APP / "app.py").is_file()


def test_the_app_is_run_as_streamlit_runs_it(
    run_command: Callable[..., Ended], became: list[Call], tmp_path: Path
) -> None:
    assert run_command(tmp_path, "app").code == 0
    command, environment = became[0]
    assert command == ["-P", "-m", "streamlit", "run", str(APP / "app.py")]  # its settings say where it listens
    assert environment[VARIABLE] == str(tmp_path)


def test_address_port_browser_and_workspace_are_handed_on(
    run_command: Callable[..., Ended], became: list[Call], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--host", "0.0.0.0", "--port", "8600", "--no-browser", "--workspace", "there"]
    assert run_command(tmp_path, "app", *options).code == 0
    command, environment = became[0]
    assert command[5:] == ["--server.address", "0.0.0.0", "--server.port", "8600", "--server.headless", "true"]
    assert environment[VARIABLE] == str(tmp_path / "there")


def test_a_port_that_there_is_not_starts_nothing(
    run_command: Callable[..., Ended], became: list[Call], tmp_path: Path
) -> None:
    ended = run_command(tmp_path, "app", "--port", "65536")
    assert ended.code == 2
    assert "--port" in ended.err
    assert became == []
