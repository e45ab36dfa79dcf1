"""Photos by address: who knows a picture cannot ask for it, and nothing shows who was deleted."""

from __future__ import annotations

import hashlib

import pytest

from pages.components.shared import pictures
from reid_core.images import decode
from reid_core.workspace.cases import cases
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.cases import delete_case
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.search_page import file_of

PEOPLE = Selection(identities=frozenset({"1"}))


@pytest.fixture
def workspace(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    return tiny_workspace


def shown(data: bytes) -> str:
    """Show the photo; its name in the address."""
    address = pictures.show_photo(decode(data), hashlib.sha256(data).hexdigest())
    return address.removeprefix("/photos/").removesuffix(".jpg")


def test_a_photos_address_cannot_be_worked_out_from_the_photo(workspace: Workspace) -> None:
    data = file_of(workspace, 1)
    sha256 = hashlib.sha256(data).hexdigest()
    name = shown(data)
    assert pictures.shown_photo(name) is not None
    assert name != sha256
    assert pictures.shown_photo(sha256) is None
    assert shown(data) == name  # the browser need not load it again


def test_a_deletion_takes_photos_out_of_memory_and_crops_out_of_their_addresses(workspace: Workspace) -> None:
    data = file_of(workspace, 1)
    sha256, name = hashlib.sha256(data).hexdigest(), shown(data)
    assert pictures.crop_picture(1, sha256) is not None
    delete(workspace, TINY_GALLERY, PEOPLE, "test")
    assert pictures.shown_photo(name) is None
    assert pictures.crop_picture(1, sha256) is None
    assert pictures.keep_showing([sha256]) == [sha256]  # a session that still has the photo shows it anew


def test_deleting_a_case_takes_photos_out_of_memory(workspace: Workspace) -> None:
    cases.create(workspace, "Case 17", "A test")
    name = shown(file_of(workspace, 1))
    delete_case(workspace, "Case 17", "over")
    assert pictures.shown_photo(name) is None
