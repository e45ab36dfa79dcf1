"""Zones on the pictures of cameras: drawn and removed, and what that means for tracklets and searches."""

from __future__ import annotations

import json

from reid_core.errors import NotThere, ReidError, shown
from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.audit_recordings import ChangeZone
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.walks import follow_zones, zones_in
from reid_core.workspace.catalogue.rows import gallery_key, now

LONGEST_NAME = 60  # characters
MOST_CORNERS = 60
LEAST_AREA = 1e-4  # share of the picture


def zones_of(catalogue: Catalogue, gallery: str, camera: str) -> list[Zone]:
    """By name. Raises ReidError when there is no such gallery."""
    with catalogue.transaction() as database:
        return zones_in(database, gallery_key(database, gallery), camera)


def zone_names(catalogue: Catalogue, gallery: str) -> list[str]:
    """Of all cameras, each once, without those to ignore."""
    with catalogue.transaction() as database:
        rows = database.execute(
            "SELECT DISTINCT name FROM zone WHERE gallery = ? AND NOT ignored ORDER BY name",
            (gallery_key(database, gallery),),
        )
        return [name for (name,) in rows]


def keep_zone(catalogue: Catalogue, gallery: str, camera: str, zone: Zone, *, purpose: str = "") -> int:
    """Draw it, in place of one of its name; how many tracklets are in other zones than before, or ignored or not.

    Raises ReidError for a zone without a name or an area, and when the camera has no recording.
    """
    _check(zone)
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = gallery_key(database, gallery)
        if not database.execute("SELECT 1 FROM recording WHERE gallery = ? AND camera = ?", (key, camera)).fetchone():
            raise NotThere(f"Gallery {gallery!r} has no recording of camera {shown(camera)}.")
        database.execute("DELETE FROM zone WHERE gallery = ? AND camera = ? AND name = ?", (key, camera, zone.name))
        database.execute(
            "INSERT INTO zone (gallery, camera, name, corners, ignored, at, who) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key, camera, zone.name, json.dumps([[round(x, 5), round(y, 5)] for x, y in zone.corners]),
                int(zone.ignored), now(), catalogue.actor.name,
            ),
        )  # fmt: skip
        changed = follow_zones(database, key, camera)
        event = ChangeZone(
            gallery=gallery, camera=camera, zone=zone.name, ignored=zone.ignored, tracklets=changed, purpose=purpose
        )
        write_log(database, catalogue.actor, event)
        return changed


def remove_zone(catalogue: Catalogue, gallery: str, camera: str, name: str, *, purpose: str = "") -> int:
    """As `keep_zone`. Raises ReidError when the camera has no zone of that name."""
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = gallery_key(database, gallery)
        gone = database.execute(
            "DELETE FROM zone WHERE gallery = ? AND camera = ? AND name = ? RETURNING ignored", (key, camera, name)
        ).fetchall()
        if not gone:
            raise NotThere(f"Camera {shown(camera)} of gallery {gallery!r} has no zone {shown(name)}.")
        changed = follow_zones(database, key, camera)
        event = ChangeZone(
            gallery=gallery, camera=camera, zone=name, ignored=bool(gone[0][0]), tracklets=changed, removed=True,
            purpose=purpose,
        )  # fmt: skip
        write_log(database, catalogue.actor, event)
        return changed


def _check(zone: Zone) -> None:
    name = zone.name
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ReidError(f"{shown(name)} cannot name a zone. Give it a name of at most {LONGEST_NAME} characters.")
    corners = zone.corners
    if not 3 <= len(corners) <= MOST_CORNERS or not all(0 <= side <= 1 for corner in corners for side in corner):
        raise ReidError(f"A zone has 3 to {MOST_CORNERS} corners, each within the picture.")
    following = [*corners[1:], corners[0]]
    area = abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(corners, following, strict=True))) / 2
    if area < LEAST_AREA:
        raise ReidError("This zone is as good as a line or a point. Draw it around a part of the picture.")
