"""The command about parts of a camera's picture: zones."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reid_core.cli.shared.console import print_json, print_table, say
from reid_core.cli.shared.options import GalleryArgument, JsonOption, WorkspaceOption, app, open_workspace
from reid_core.errors import ReidError, shown
from reid_core.records import plural
from reid_core.video.walks import Zone
from reid_core.workspace.recordings.still_there import StillThing


@app.command(rich_help_panel="Video")
def zones(
    gallery: GalleryArgument,
    camera: Annotated[str, typer.Argument(help="Camera whose picture the zones lie on.")],
    add: Annotated[str | None, typer.Option(help="Draw the zone of this name, in place of one that has it.")] = None,
    corners: Annotated[
        str | None, typer.Option(help='Its corners as shares of width and height: "0.1,0.2 0.5,0.2 0.5,0.9".')
    ] = None,
    ignore: Annotated[bool, typer.Option(help="Leave what never leaves it out of searches and counts.")] = False,
    remove: Annotated[str | None, typer.Option(help="Remove the zone of this name.")] = None,
    still_there: Annotated[bool, typer.Option(help="List what never moves: dummies, posters, screens.")] = False,
    purpose: Annotated[str, typer.Option(help="Why; the log keeps it.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the zones of a camera, draw and remove them, or show what never moves there. Zones hold for all recordings
    of the camera."""
    from reid_core.workspace.catalogue.recordings.zones import keep_zone, remove_zone, zones_of
    from reid_core.workspace.recordings.still_there import free_name, still_things

    if sum((add is not None, remove is not None, still_there)) > 1:
        raise ReidError("Give one of --add, --remove and --still-there at a time.")
    if (add is None) != (corners is None):
        raise ReidError("--add names a zone and --corners draws it: give both.")
    if ignore and add is None:
        raise ReidError("--ignore is for a zone that --add draws.")
    opened = open_workspace(workspace)
    changed = None
    if add is not None:
        changed = keep_zone(
            opened.catalogue, gallery, camera, Zone(add, corners_of(str(corners)), ignore), purpose=purpose
        )
    elif remove is not None:
        changed = remove_zone(opened.catalogue, gallery, camera, remove, purpose=purpose)
    found = zones_of(opened.catalogue, gallery, camera)
    things = still_things(opened.catalogue, gallery, camera) if still_there else []
    offered = [thing.zone(free_name({zone.name for zone in found})) for thing in things]
    if json:
        values: dict[str, Any] = {"gallery": gallery, "camera": camera, "zones": [_values(zone) for zone in found]}
        if changed is not None:
            values["tracklets"] = changed
        if still_there:
            values["still_there"] = [
                {**_thing(thing), "zone": _values(zone)} for thing, zone in zip(things, offered, strict=True)
            ]
        print_json(values)
        return
    if changed is not None:
        kept = f"Drew zone {add}" if add is not None else f"Removed zone {remove}"
        say(f"{kept} of camera {camera}. {plural(changed, 'tracklet')} changed.")
    elif still_there:
        _say_things(camera, things, offered)
    elif not found:
        say(f"Camera {camera} of gallery {gallery} has no zones. Draw one with --add and --corners.")
    else:
        print_table(
            ["zone", "kind", "corners"],
            [[zone.name, "to ignore" if zone.ignored else "to search by", _written(zone)] for zone in found],
        )


def corners_of(text: str) -> tuple[tuple[float, float], ...]:
    """`"0.1,0.2 0.5,0.2 0.5,0.9"` as pairs of shares. Raises ReidError for anything else."""
    found = []
    for corner in text.split():
        x, _, y = corner.partition(",")
        try:
            found.append((float(x), float(y)))
        except ValueError:
            raise ReidError(
                f'{shown(corner)} is no corner. Write shares of width and height: "0.1,0.2 0.5,0.2 0.5,0.9".'
            ) from None
    return tuple(found)


def _say_things(camera: str, things: list[StillThing], offered: list[Zone]) -> None:
    if not things:
        say(f"Nothing that camera {camera} took for a person stays at one place for long, or again and again.")
        return
    print_table(
        ["tracklets", "recordings", "seconds", "moved", "crops", "ignore it with --ignore --add NAME --corners"],
        [
            [
                f"{thing.tracklets:,}", f"{thing.recordings:,}", f"{thing.seconds:,.0f}", f"{thing.moved:.2f}",
                ",".join(map(str, thing.crops)), f'"{_written(zone)}"',
            ]
            for thing, zone in zip(things, offered, strict=True)
        ],
    )  # fmt: skip
    say("Look at the crops first: somebody who sits for long looks alike.")


def _written(zone: Zone) -> str:
    return " ".join(f"{x:.4g},{y:.4g}" for x, y in zone.corners)


def _values(zone: Zone) -> dict[str, Any]:
    return {"name": zone.name, "ignored": zone.ignored, "corners": [list(corner) for corner in zone.corners]}


def _thing(thing: StillThing) -> dict[str, Any]:
    return {
        "box": list(thing.box), "tracklets": thing.tracklets, "recordings": thing.recordings,
        "seconds": thing.seconds, "moved": thing.moved, "crops": list(thing.crops),
    }  # fmt: skip
