"""Deletion of crops and all that was made of them, with a receipt; legal holds that prevent it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Plan", "Receipt", "delete", "delete_case", "delete_search", "hold", "plan", "receipts", "release"]

if TYPE_CHECKING:
    from reid_core.workspace.deletion.cases import delete_case, delete_search
    from reid_core.workspace.deletion.deletion import Plan, Receipt, delete, plan, receipts
    from reid_core.workspace.deletion.holds import hold, release
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "cases": (
                "delete_case",
                "delete_search",
            ),
            "deletion": (
                "Plan",
                "Receipt",
                "delete",
                "plan",
                "receipts",
            ),
            "holds": (
                "hold",
                "release",
            ),
        },
    )
