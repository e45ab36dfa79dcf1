"""Maps of a gallery's crops, and what their vectors say about its labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["CropMap", "colour_by", "examine", "make_maps", "maps_of", "read_map"]

if TYPE_CHECKING:
    from reid_core.workspace.maps.colours import colour_by
    from reid_core.workspace.maps.examination import examine
    from reid_core.workspace.maps.files import CropMap
    from reid_core.workspace.maps.making import make_maps, maps_of, read_map
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "colours": ("colour_by",),
            "examination": ("examine",),
            "files": ("CropMap",),
            "making": (
                "make_maps",
                "maps_of",
                "read_map",
            ),
        },
    )
