"""How many crops of a gallery there are of each direction of walking and of each zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from sqlite3 import Connection

from reid_core.records import natural_order
from reid_core.video.walks import DIRECTIONS


@dataclass(frozen=True)
class WalkCounts:
    """Crops by the direction of their walk, in the order of `DIRECTIONS`, and by the zones that it went through, in
    natural order; what no crop has is left out. A crop from no recording counts nowhere."""

    directions: dict[str, int] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)


def walk_counts(database: Connection, gallery: int) -> WalkCounts:
    """Of the gallery with that key: one look into an index for each tracklet."""
    rows = database.execute(
        "SELECT direction, zones, SUM((SELECT COUNT(*) FROM crop WHERE crop.recording = tracklet.recording "
        "AND crop.tracklet = tracklet.name)) FROM tracklet WHERE +gallery = ? GROUP BY direction, zones",
        (gallery,),
    )
    directions: dict[str, int] = {}
    zones: dict[str, int] = {}
    for direction, names, crops in rows:
        if crops:
            directions[direction] = directions.get(direction, 0) + crops
            for name in (names or "").split("\n"):
                if name:
                    zones[name] = zones.get(name, 0) + crops
    return WalkCounts(
        {name: directions[name] for name in DIRECTIONS if name in directions},
        {name: zones[name] for name in natural_order(zones)},
    )
