from __future__ import annotations

import os
from pathlib import Path

import pytest

from reid_core.errors import ReidError
from reid_core.workspace.imports.allowed_folders import VARIABLE, allowed_folders, check_allowed


@pytest.fixture
def fenced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an allowed half and a forbidden half, each with a file."""
    for half in ("allowed", "forbidden"):
        (tmp_path / half / "deep").mkdir(parents=True)
        (tmp_path / half / "deep" / "a.jpg").write_bytes(b"x")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "allowed"))
    return tmp_path


def test_unset_allows_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert allowed_folders() is None
    assert check_allowed(tmp_path) == tmp_path.resolve()
    assert check_allowed(tmp_path / "not" / "there") == tmp_path.resolve() / "not" / "there"


@pytest.mark.parametrize("value", ["", " ", os.pathsep])
def test_empty_allows_none_and_says_how_to_change_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(ReidError, match=f"switched off.*{VARIABLE}"):
        check_allowed(tmp_path)


def test_what_lies_in_an_allowed_folder_is_allowed(fenced: Path) -> None:
    assert check_allowed(fenced / "allowed" / "deep" / "a.jpg") == (fenced / "allowed" / "deep" / "a.jpg").resolve()
    assert check_allowed(fenced / "allowed") == (fenced / "allowed").resolve()
    assert check_allowed(fenced / "forbidden" / ".." / "allowed" / "deep") == (fenced / "allowed" / "deep").resolve()


def test_several_folders_can_be_allowed(fenced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, os.pathsep.join([str(fenced / "allowed"), str(fenced / "forbidden")]))
    assert check_allowed(fenced / "forbidden" / "deep") == (fenced / "forbidden" / "deep").resolve()


@pytest.mark.parametrize("path", ["forbidden/deep/a.jpg", "allowed/../forbidden", "", "allowed-too"])
def test_what_lies_elsewhere_is_refused_by_a_sentence_that_names_the_allowed_folders(fenced: Path, path: str) -> None:
    with pytest.raises(ReidError) as refusal:
        check_allowed(fenced / path)
    assert str(fenced / "allowed") in str(refusal.value)
    assert VARIABLE in str(refusal.value)


def test_a_link_that_leads_out_is_refused_and_one_inside_is_followed(fenced: Path) -> None:
    (fenced / "allowed" / "out").symlink_to(fenced / "forbidden")
    (fenced / "allowed" / "in").symlink_to(fenced / "allowed" / "deep")
    assert check_allowed(fenced / "allowed" / "in") == (fenced / "allowed" / "deep").resolve()
    with pytest.raises(ReidError) as refusal:
        check_allowed(fenced / "allowed" / "out" / "deep")
    assert "forbidden" not in str(refusal.value)  # where the link leads is not told


def test_a_forbidden_path_that_is_there_sounds_like_one_that_is_not(fenced: Path) -> None:
    (fenced / "forbidden" / "loop").symlink_to(fenced / "forbidden" / "loop")
    told = set()
    for name in ("deep", "nope", "loop"):
        with pytest.raises(ReidError) as refusal:
            check_allowed(fenced / "forbidden" / name)
        told.add(str(refusal.value).replace(name, "NAME"))
    assert len(told) == 1


def test_a_link_in_a_circle_and_a_nul_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path / "loop", tmp_path / "a\0b", Path("~nobody-of-that-name/x")):
        with pytest.raises(ReidError, match="cannot be opened"):
            check_allowed(path)
