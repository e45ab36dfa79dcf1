"""What nobody foresaw is written into the log of the workspace that it happened in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.components.shared import markup
from reid_core.workspace.layout import APP_LOG
from reid_core.workspace.workspace import VARIABLE


def test_each_workspace_has_its_own_log_and_none_is_kept_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(VARIABLE, str(tmp_path / name))
        assert markup._write_log(ValueError(f"{name} was not foreseen")) == str(tmp_path / name / APP_LOG)
    logs = [(tmp_path / name / APP_LOG).read_text(encoding="utf-8") for name in ("first", "second")]
    assert "first was not foreseen" in logs[0]
    assert "second" not in logs[0]
    assert "second was not foreseen" in logs[1]
    (tmp_path / "first" / APP_LOG).unlink()  # as a deletion does
    monkeypatch.setenv(VARIABLE, str(tmp_path / "first"))
    markup._write_log(ValueError("after it"))
    assert "after it" in (tmp_path / "first" / APP_LOG).read_text(encoding="utf-8")
