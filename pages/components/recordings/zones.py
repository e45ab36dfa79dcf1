"""The zones of a camera: drawn on its still, named, kept and removed; and what never moves, offered as such zones."""

from __future__ import annotations

import streamlit as st

from pages.components.recordings import known
from pages.components.recordings.state import PLACE_KIND, PLACE_NAME, RecordingsState, recordings_state
from pages.components.shared import markup, wording
from pages.components.widgets.events.events import done, new_events
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from pages.components.widgets.zone_stage.zone_stage import corners_of, zone_stage
from reid_core.errors import Refused, ReidError
from reid_core.records import plural
from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.recordings.zones import LONGEST_NAME, keep_zone, remove_zone, zones_of
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.recordings.still_there import StillThing, free_name
from reid_core.workspace.workspace import Workspace

KEY = "rec-stage"
SEARCHED, IGNORED = "Zone to search by", "Zone to ignore"
THINGS, ABREAST = 6, 3  # that never move, shown at once, and in a row


def draw_zones(workspace: Workspace, gallery: GalleryInfo, rows: list[RecordingRow], row: RecordingRow) -> None:
    camera = str(row.camera)
    now = recordings_state()
    zones = zones_of(workspace.catalogue, gallery.name, camera)
    _follow(now, zones)
    others = sum(one.camera == camera for one in rows) - 1
    hold = f"They hold for all {others + 1:,} recordings of it." if others else "They hold for all recordings of it."
    known.section(
        f"Zones of {wording.camera_name(camera)}",
        f"{hold} A tracklet is in a zone while its foot point is. What never leaves the zones to ignore is left out of "
        "searches and counts.",
    )
    picture, of_it = known.camera_still(workspace, rows, row)
    drawing, about = st.columns([11, 7], gap="medium")
    with drawing:
        zone_stage(
            picture, width=row.width, height=row.height, zones=zones,
            paths=[] if picture else known.paths(workspace, gallery.name, camera), drawn=now.drawn, name=now.name,
            label=f"Draw zones on the picture of {wording.camera_name(camera)}", key=KEY, taken=now.taken,
        )  # fmt: skip
        if not picture:
            markup.text(
                '<p class="rt-small">There is no still of this camera. The lines are paths of its tracklets.</p>'
            )
        elif of_it.key != row.key:
            markup.text('<p class="rt-small">The picture is the still of recording {name}.</p>', name=of_it.name)
    with about:
        if now.drawn is not None:
            _draw_form(workspace, gallery.name, camera, zones)
        _draw_said(now)
        _draw_list(workspace, gallery.name, camera, zones)
    analysed = sum(one.analysed for one in rows if one.camera == camera)
    things = known.still_things(workspace, gallery.name, camera, analysed)
    _draw_things(workspace, gallery.name, camera, zones, things)


def _follow(now: RecordingsState, zones: list[Zone]) -> None:
    """Take up what was drawn on the stage."""
    for event in new_events(KEY, now.taken):
        done(event, now.taken)
        if event["what"] == "dropped":
            now.drawn = now.name = None
            continue
        former = next((zone for zone in zones if zone.name == event["name"]), None)
        if now.drawn is None or now.name != event["name"]:
            now.turn = int(event["n"])
        now.drawn, now.name = corners_of(event), None if former is None else former.name
        now.zone_said = now.zone_trouble = ""


def _draw_form(workspace: Workspace, gallery: str, camera: str, zones: list[Zone]) -> None:
    state, now = st.session_state, recordings_state()
    former = next((zone for zone in zones if zone.name == now.name), None)
    # Each drawing has fields of its own, which begin with what the zone has. A value that a run put into a field would
    # be lost where the next run begins before the browser has heard of it.
    name, kind = f"{PLACE_NAME}-{now.turn}", f"{PLACE_KIND}-{now.turn}"

    def keep() -> None:
        now = recordings_state()
        _follow(now, zones)  # what was moved last comes with the press of the button
        zone = Zone(str(state.get(name) or "").strip(), now.drawn or (), state.get(kind) == IGNORED)
        _keep(workspace, gallery, camera, zone, now.name)

    def drop() -> None:
        now = recordings_state()
        now.drawn = now.name = None
        now.zone_trouble = ""

    with st.container(key="rec-form"):
        st.text_input(
            "Name of the zone", "" if former is None else former.name, key=name, max_chars=LONGEST_NAME,
            placeholder="Entrance, shop window",
        )  # fmt: skip
        st.radio(
            "Kind", (SEARCHED, IGNORED), int(former is not None and former.ignored), key=kind, horizontal=True,
            captions=("People can be searched by it", "Dummies, posters, screens: left out of searches and counts"),
        )  # fmt: skip
        with st.container(horizontal=True):
            st.button("Keep zone", on_click=keep, key="rec-zone-keep", type="primary")
            st.button("Cancel", on_click=drop, key="rec-zone-drop")


def _keep(workspace: Workspace, gallery: str, camera: str, zone: Zone, former: str | None = None) -> None:
    now = recordings_state()
    now.zone_said = now.zone_trouble = ""
    try:
        if zone.name != former and zone.name in {one.name for one in zones_of(workspace.catalogue, gallery, camera)}:
            raise Refused(f"Camera {camera} has a zone {zone.name} already. Give this one another name.")
        changed = keep_zone(workspace.catalogue, gallery, camera, zone)
        if former is not None and former != zone.name:
            changed = max(changed, remove_zone(workspace.catalogue, gallery, camera, former))
    except ReidError as error:
        now.zone_trouble = str(error)
        return
    now.drawn = now.name = None
    now.zone_said = f"Zone {zone.name} is kept. {_concerned(changed, zone.ignored)}"


def _remove(workspace: Workspace, gallery: str, camera: str, zone: Zone) -> None:
    now = recordings_state()
    now.zone_said = now.zone_trouble = ""
    try:
        changed = remove_zone(workspace.catalogue, gallery, camera, zone.name)
    except ReidError as error:
        now.zone_trouble = str(error)
        return
    if now.name == zone.name:
        now.drawn = now.name = None
    again = f"{plural(changed, 'tracklet')} of the camera {'is' if changed == 1 else 'are'} no longer "
    now.zone_said = f"Zone {zone.name} is removed. {again}{'ignored' if zone.ignored else 'in it'}."


def _concerned(changed: int, ignored: bool) -> str:
    """How many tracklets it concerns, as a sentence."""
    if not changed:
        return f"No tracklet of the camera {'stays in it all the time' if ignored else 'changes by it'}."
    return f"It concerns {plural(changed, 'tracklet')} of the camera" + (": ignored from now on." if ignored else ".")


def _draw_said(now: RecordingsState) -> None:
    if now.zone_trouble:
        markup.problem("The zone was not kept", now.zone_trouble)
    elif now.zone_said:
        markup.text('<p class="rt-small rt-said" role="status">{said}</p>', said=now.zone_said)


def _draw_list(workspace: Workspace, gallery: str, camera: str, zones: list[Zone]) -> None:
    if not zones:
        markup.text('<p class="rt-small">No zones yet.</p>')
    for place, zone in enumerate(zones):
        with st.container(horizontal=True, vertical_alignment="center", key=f"rec-row-zone-{place}"):
            kind = "left out of searches and counts" if zone.ignored else "can be searched by"
            markup.text(
                '<p class="rec-zone"><b>{name}</b><span>{kind}, {corners} corners</span></p>',
                name=zone.name, kind=kind, corners=len(zone.corners),
            )  # fmt: skip
            st.button(
                "Remove", on_click=_remove, args=(workspace, gallery, camera, zone), key=f"rec-zone-remove-{place}",
                help=f"Remove zone {zone.name}",
            )  # fmt: skip


def _draw_things(workspace: Workspace, gallery: str, camera: str, zones: list[Zone], things: list[StillThing]) -> None:
    if not things:
        return
    known.section(
        "Things that never move",
        "The detector took these for people, and they stayed at one place. Look at the crops before you ignore one: "
        "people who sit at the same place look alike. Removing the zone undoes it.",
    )
    name = free_name({zone.name for zone in zones})
    for first in range(0, min(len(things), THINGS), ABREAST):
        columns = st.columns(ABREAST, gap="medium")
        for place, column in enumerate(columns[: len(things) - first], start=first):
            with column, st.container(key=f"rec-thing-card-{place}"):
                _draw_thing(workspace, gallery, camera, things[place], place, name)
    if len(things) > THINGS:
        markup.text('<p class="rt-small">And {more} more places.</p>', more=f"{len(things) - THINGS:,}")


def _draw_thing(workspace: Workspace, gallery: str, camera: str, thing: StillThing, place: int, name: str) -> None:
    if thing.crops:
        cards = [card_of(one) for one in rows_of(workspace.catalogue.crops_of(list(thing.crops)))]
        gallery_grid(cards, kind="strip", label="Crops of it", key=f"rec-thing-crops-{place}")
    markup.text('<p class="rec-zone">{words}</p>', words=words_of(thing))
    st.button(
        "Ignore", on_click=_keep, args=(workspace, gallery, camera, thing.zone(name)), key=f"rec-ignore-{place}",
        help=f"Keep a zone to ignore, {name}, around its foot points",
    )  # fmt: skip


def words_of(thing: StillThing) -> str:
    """ "Seen here 14 times in 3 recordings, 1 h 52 min together. Never moved by more than 10 % of its height."."""
    times = "once" if thing.tracklets == 1 else f"{thing.tracklets:,} times"
    where = f" in {thing.recordings:,} recordings" if thing.recordings > 1 else ""
    most = max(1, round(100 * thing.moved + 0.4999))
    return (
        f"Seen here {times}{where}, {known.long_time(thing.seconds)} together. "
        f"Never moved by more than {most} % of its height."
    )
