"""Galleries as people work with them: browsed, corrected, checked against their original pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Edit", "check_pictures", "relabel", "restore", "view_groups", "view_ids", "withhold"]

if TYPE_CHECKING:
    from reid_core.workspace.galleries.browsing import view_groups, view_ids
    from reid_core.workspace.galleries.editing import Edit, relabel
    from reid_core.workspace.galleries.originals import check_pictures
    from reid_core.workspace.galleries.withheld import restore, withhold
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "browsing": (
                "view_groups",
                "view_ids",
            ),
            "editing": (
                "Edit",
                "relabel",
            ),
            "originals": ("check_pictures",),
            "withheld": (
                "restore",
                "withhold",
            ),
        },
    )
