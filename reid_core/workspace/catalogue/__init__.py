"""The catalogue: the one truth about galleries, crops, models, verdicts and who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Catalogue", "Event", "GalleryInfo", "Selection"]

if TYPE_CHECKING:
    from reid_core.workspace.catalogue.audit_base import Event
    from reid_core.workspace.catalogue.catalogue import Catalogue
    from reid_core.workspace.catalogue.rows import GalleryInfo
    from reid_core.workspace.catalogue.selection import Selection
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "audit_base": ("Event",),
            "catalogue": ("Catalogue",),
            "rows": ("GalleryInfo",),
            "selection": ("Selection",),
        },
    )
