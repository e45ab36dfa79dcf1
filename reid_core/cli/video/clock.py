"""Commands about recordings that are in a gallery: recordings, clock."""

from __future__ import annotations

import math
import re
import time
from typing import Annotated, Any

import typer

from reid_core.cli.shared.console import print_json, print_table, say
from reid_core.cli.shared.options import GalleryArgument, JsonOption, WorkspaceOption, app, open_workspace
from reid_core.errors import ReidError, shown
from reid_core.records import plural
from reid_core.retrieval.filters import Filter
from reid_core.times import format_time, short_time, whole_length
from reid_core.workspace.catalogue.recordings.rows import RecordingRow

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_LENGTH = re.compile(r"([+-]?)(\d{1,9}(?:\.\d{1,6})?) ?(s|m|min|h)?")
_CLOCK = re.compile(r"([+-]?)(\d{1,4}):([0-5]\d):([0-5]\d(?:\.\d{1,6})?)")


@app.command(rich_help_panel="Video")
def recordings(gallery: GalleryArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """List a gallery's recordings: starts and where these come from, how much is analysed, and problems."""
    from reid_core.workspace.catalogue.recordings.finding import every
    from reid_core.workspace.catalogue.recordings.spans import spans_of
    from reid_core.workspace.recordings.overview import lines_of
    from reid_core.workspace.recordings.still_shown import not_shown
    from reid_core.workspace.search.coverage.measuring import coverage
    from reid_core.workspace.search.coverage.saying import recorded
    from reid_core.workspace.search.coverage.values import values as coverage_values

    opened = open_workspace(workspace)
    rows = every(opened.catalogue, gallery)
    hidden = spans_of(opened.catalogue, gallery)
    values = [
        {
            **_values(line.row),
            "tracklets": line.tracklets,
            "ignored": line.ignored,
            **_not_shown(line.row, hidden.get(line.row.key, [])),
        }
        for line in lines_of(opened.catalogue, rows)
    ]
    total = coverage(opened.catalogue, opened.catalogue.gallery(gallery), Filter())
    if json:
        print_json({"gallery": gallery, "recordings": values, "coverage": coverage_values(total)})
        return
    if not rows:
        say(f"Gallery {gallery} has no recordings. Add one with `reid video`.")
        return
    print_table(
        ["recording", "camera", "start", "from", "clock", "length", "analysed", "tracklets", "problems"],
        [
            [
                row.name, row.camera, told["start"], row.start_source, _offset(row), whole_length(row.duration),
                _share(row), _tracklets(told), " ".join(told["problems"]) or None,
            ]
            for row, told in zip(rows, values, strict=True)
        ],
    )  # fmt: skip
    say(recorded(total))
    for row in rows:
        if sentence := not_shown(row, hidden.get(row.key, [])):
            say(f"{row.name}: {sentence}")


@app.command(rich_help_panel="Video")
def clock(
    gallery: GalleryArgument,
    camera: Annotated[str | None, typer.Option(help="Correct all recordings of this camera.")] = None,
    recording: Annotated[str | None, typer.Option(help="Correct this recording only.")] = None,
    by: Annotated[
        str | None, typer.Option(help="What to add: +37 (seconds), -1.5, 2m or -1:00:00; plus if the clock is slow.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="When the recording begins (ISO 8601 with zone).")] = None,
    purpose: Annotated[str, typer.Option(help="Why; the log keeps it.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Correct the clock of a camera or of one recording. Its crops and tracklets get their new times at once."""
    from reid_core.video.stream.start import stated_start
    from reid_core.workspace.catalogue.recordings.clock import mend, set_start

    if (by is None) == (start is None):
        raise ReidError("Say how far the clock is off with --by, or when a recording begins with --start.")
    if start is not None and recording is None:
        raise ReidError("--start is for one recording. Name it with --recording.")
    if camera is None and recording is None:
        raise ReidError("Say which clock to correct: --camera or --recording.")
    opened = open_workspace(workspace)
    if start is not None and recording is not None:
        begins = stated_start(start, None, time.time())
        mended = set_start(opened.catalogue, gallery, recording, begins, purpose=purpose)
    else:
        seconds = seconds_of(str(by))
        mended = mend(opened.catalogue, gallery, seconds, camera=camera, recording=recording, purpose=purpose)
    if json:
        values = [_values(row) for row in mended.recordings]
        print_json({"crops": mended.crops, "recordings": values, "unknown": mended.unknown})
        return
    count = plural(len(mended.recordings), "recording")
    say(f"Corrected the time of {count} with {plural(mended.crops, 'crop')}.")
    for row in mended.recordings:
        corrected = f" ({_offset(row)})" if row.clock_offset else ""
        say(f"  {row.name} begins {format_time(row.time_of(0))}{corrected}")
    if mended.unknown:
        left_out = plural(mended.unknown, "recording")
        say(f"{left_out} left out: the start is unknown. State it with --recording and --start.")


def seconds_of(text: str) -> float:
    """`"+37"`, `"-1.5s"`, `"2m"`, `"-1:00:00"` as seconds. Raises ReidError for anything else, and for nothing."""
    seconds = math.nan
    if match := _LENGTH.fullmatch(text.strip()):
        seconds = float(match[2]) * _UNITS[match[3] or "s"]
    elif match := _CLOCK.fullmatch(text.strip()):
        seconds = 3600.0 * int(match[2]) + 60.0 * int(match[3]) + float(match[4])
    if match is None or not seconds:
        raise ReidError(f"--by {shown(text)} is not a length of time; write +37, -1.5, 2m or -1:00:00.")
    return -seconds if match[1] == "-" else seconds


def _values(row: RecordingRow) -> dict[str, Any]:
    from reid_core.video.stream import Problems  # slow to import

    begins = row.time_of(0)
    return {
        "name": row.name, "camera": row.camera, "start": format_time(begins), "start_source": row.start_source,
        "zone": row.zone, "said": dict(row.said), "clock_offset": row.clock_offset,
        "duration": None if math.isnan(row.duration) else row.duration, "analysed": row.analysed,
        "finished": row.finished, "problems": Problems.from_state(row.problems).sentences(),
        "path": row.path, "detector": row.detector,
        "sha256": None if row.sha256 is None else row.sha256.hex(), "width": row.width, "height": row.height,
        "frames": row.frames,
    }  # fmt: skip


def _not_shown(row: RecordingRow, spans: list[tuple[float, float]]) -> dict[str, Any]:
    """When somebody who was deleted is in view of it, and whether the workspace's copy is blurred then."""
    from reid_core.workspace.catalogue.recordings.spans import lengths
    from reid_core.workspace.clips.shown_file import blurred_of

    return {
        "not_shown": [list(span) for span in spans], "seconds_not_shown": lengths(spans),
        "blurred": blurred_of(row) is not None,
    }  # fmt: skip


def _offset(row: RecordingRow) -> str:
    return f"corrected by {row.clock_offset:+g} s" if row.clock_offset else "not corrected"


def _tracklets(told: dict[str, Any]) -> str:
    """ "12", or "0 and 30 ignored" where some lie in zones to ignore."""
    return f"{told['tracklets']:,}" + (f" and {told['ignored']:,} ignored" if told["ignored"] else "")


def _share(row: RecordingRow) -> str | None:
    if row.finished is not None:
        return "all"
    if math.isnan(row.duration) or not row.duration:
        return short_time(row.analysed)
    return f"{min(row.analysed / row.duration, 1):.0%}".replace("%", " %")
