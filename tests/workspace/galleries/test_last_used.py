"""The gallery that was used last: kept for the next visit, and forgotten with the gallery."""

from __future__ import annotations

import pytest

from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.last_used import last_used, use
from reid_core.workspace.layout import LAST_GALLERY
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY


def test_the_last_one_is_kept_in_the_workspace(tiny_workspace: Workspace) -> None:
    assert last_used(tiny_workspace) is None
    use(tiny_workspace, TINY_GALLERY)
    use(tiny_workspace, "other")
    assert last_used(Workspace(tiny_workspace.path, TESTER)) == "other"


def test_it_goes_with_its_gallery_and_stays_with_another(tiny_workspace: Workspace) -> None:
    use(tiny_workspace, TINY_GALLERY)
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "one crop")
    assert last_used(tiny_workspace) == TINY_GALLERY
    delete(tiny_workspace, TINY_GALLERY, Selection(), "the gallery")
    assert not (tiny_workspace.path / LAST_GALLERY).exists()


def test_the_name_of_another_gallery_survives_a_deletion(tiny_workspace: Workspace) -> None:
    use(tiny_workspace, "other")
    delete(tiny_workspace, TINY_GALLERY, Selection(), "the gallery")
    assert last_used(tiny_workspace) == "other"


@pytest.mark.parametrize("spoilt", [b"", b"\xff\xfe\x00", b"x" * 1_000_000])
def test_a_spoilt_file_is_no_name(tiny_workspace: Workspace, spoilt: bytes) -> None:
    (tiny_workspace.path / LAST_GALLERY).write_bytes(spoilt)
    assert last_used(tiny_workspace) is None
