"""Coverage in words: one sentence, what weakens "not found", a line for each camera and for each stretch.

Lengths of what was searched are rounded down, lengths of what is missing up: no sentence claims more than is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from reid_core.records import listed, plural
from reid_core.retrieval.filters import Filter, rows
from reid_core.times import short_time
from reid_core.workspace.search.coverage.coverage import CameraCoverage, Coverage, Imported
from reid_core.workspace.search.coverage.spans import Spans, seconds_of
from reid_core.workspace.search.coverage.words import (
    DAYS,
    between,
    camera_name,
    filters_set,
    hour_words,
    length,
    stretch_words,
)
from reid_core.workspace.search.no_direction import never_found

KINDS = {"missing": "no recording", "gaps": "gap in a recording", "waiting": "not analysed yet"}
SAYS_NOTHING = "An empty answer says nothing about the person."
_BY_TIME_OR_CAMERA = ("cameras", "exclude_cameras", "after", "before", "weekdays", "hours", "exclude_ids")
_MOST = 3  # recordings that are named in a warning


def sentence(coverage: Coverage) -> str:
    """What was searched, or that there was nothing to search."""
    when = f" {between(coverage.span())}".rstrip() + _by_hour(coverage.where)
    if not coverage.cameras:
        return f"Nothing was searched: no camera passes the filter. {SAYS_NOTHING}"
    if coverage.is_empty:
        return f"No data: {_nothing(coverage)}{when}. {SAYS_NOTHING}"
    amounts = []
    if coverage.has_recordings:
        in_all = " in all" if len(coverage.cameras) > 1 else ""
        amounts.append(f"{length(coverage.seconds)} of video{in_all}")
    if coverage.crops:
        amounts.append(f"{plural(coverage.crops, 'imported crop')}" if amounts else plural(coverage.crops, "crop"))
    said = f"Searched {_cameras(coverage)}: {' and '.join(amounts)}{when}"
    if not coverage.has_recordings:
        return f"{said}. How much was filmed is not known: a person may have passed without a crop."
    return f"{said}; {lacks(coverage) or 'without a gap'}."


def recorded(coverage: Coverage) -> str:
    """The recordings of a gallery in all: "Analysed: 4 cameras, 6 min of video in all between …"."""
    when = f" {between(coverage.span(of_crops=False))}".rstrip()
    amount = f"{_cameras(coverage)}, {length(coverage.seconds)} of video in all"
    return f"Analysed: {amount}{when}; {lacks(coverage) or 'without a gap'}."


def lacks(coverage: Coverage) -> str:
    """ "12 min without a recording, 3 gaps (41 s), 120 damaged frames"; "" where nothing is known to be missing."""
    found = []
    if missing := coverage.total("missing"):
        found.append(f"{length(missing, up=True)} without a recording")
    if waiting := coverage.total("waiting"):
        found.append(f"{length(waiting, up=True)} not analysed yet")
    if coverage.gap_count:
        more = " or more" if any(one.more_gaps for one in coverage.cameras) else ""
        found.append(f"{plural(coverage.gap_count, 'gap')} ({length(coverage.total('gaps'), up=True)}{more})")
    if coverage.damaged_frames:
        found.append(plural(coverage.damaged_frames, "damaged frame"))
    if coverage.damaged_packets:
        found.append(f"{plural(coverage.damaged_packets, 'damaged packet')}")
    return ", ".join(found)


def warnings(coverage: Coverage) -> list[str]:
    """What makes "not found" mean less, a sentence each."""
    timed, undated = coverage.is_timed, coverage.undated
    # Where there is nothing at all, the sentence has said it.
    empty = [] if coverage.is_empty else [one for one in coverage.cameras if coverage.has_nothing_of(one)]
    found = [f"No data from {listed([camera_name(one.camera) for one in empty])} for this time."] if empty else []
    unfinished = [each for one in coverage.cameras for each in one.unfinished]
    for each in unfinished[:_MOST]:
        reach = f"Recording {each.name} is analysed up to {short_time(each.analysed)}"
        whole = "; its length is not known yet" if math.isnan(each.seconds) else f" of {short_time(each.seconds)}"
        found.append(f"{reach}{whole}.")
    if len(unfinished) > _MOST:
        more = len(unfinished) - _MOST
        found.append(f"{plural(more, 'more recording')} {'is' if more == 1 else 'are'} not analysed to the end.")
    if undated.recordings:
        have = "has" if undated.recordings == 1 else "have"
        found.append(
            f"{plural(undated.recordings, 'recording')} ({length(undated.seen)}, {plural(undated.crops, 'crop')}) "
            f"{have} no known start: "
            + (
                f"the filter by time leaves {_them(undated.recordings)} out."
                if timed
                else "what is seen may be from any time."
            )
        )
    if (untimed := coverage.untimed - undated.crops) > 0:
        found.append(f"{_have(untimed, 'crop')} no date: the filter by time leaves {_them(untimed)} out.")
    if coverage.unplaced:
        found.append(
            f"{_have(coverage.unplaced, 'crop')} no camera: the filter by camera leaves {_them(coverage.unplaced)} out."
        )
    if coverage.ignored:
        crops = f" ({plural(coverage.ignored_crops, 'crop')})" if coverage.ignored_crops else ""
        lie, verb = ("lies", "is") if coverage.ignored == 1 else ("lie", "are")
        found.append(
            f"{plural(coverage.ignored, 'tracklet')}{crops} {lie} in zones to ignore and {verb} not searched: "
            f'"{rows(Filter)["ignored"].title}" (under "Any walk", or --ignored) adds {_them(coverage.ignored)}.'
        )
    if coverage.tracklets_without_crops:
        found.append(
            f"{_have(coverage.tracklets_without_crops, 'tracklet')} no crop: somebody was seen, and no search can find "
            f"{_them(coverage.tracklets_without_crops)}."
        )
    if coverage.not_embedded:
        are = "it is" if coverage.not_embedded == 1 else "they are"
        found.append(f"{plural(coverage.not_embedded, 'crop')} of the gallery cannot be found: {are} not embedded yet.")
    if coverage.without_direction:
        found.append(f"{never_found(coverage.without_direction)}.")
    if others := [words for name, words in filters_set(coverage.where) if name not in (*_BY_TIME_OR_CAMERA, "ignored")]:
        found.append(f"Other filters also leave out crops: {'; '.join(others)}.")
    if coverage.left_out:
        found.append(f"Not searched: {listed([camera_name(camera) for camera in coverage.left_out])}.")
    return found


def stretches(coverage: Coverage) -> list[tuple[str, str, str, str]]:
    """All that is known to be missing: camera, from when to when, how long, and what it is; by camera and time."""
    found = []
    for one in coverage.cameras:
        lines = [(span, words) for kind, words in KINDS.items() for span in getattr(one, kind)]
        found += [
            (camera_name(one.camera), stretch_words(span), length(span[1] - span[0], up=True), words)
            for span, words in sorted(lines)
        ]
    return found


def in_words(coverage: Coverage) -> str:
    """The sentence and the warnings in one text."""
    return " ".join([sentence(coverage), *warnings(coverage)])


def definitions(coverage: Coverage) -> list[str]:
    """What the words mean that this coverage uses, a sentence each."""
    found = []
    if coverage.seconds:
        found.append("Searched: video in which people were looked for.")
    if coverage.total("missing"):
        found.append(
            "No recording: time that the filter asks for, or in which another camera recorded, or between two "
            "recordings of the same camera."
        )
    if coverage.gap_count:
        found.append("Gap: time within a recording of which no picture can be read.")
    if coverage.damaged_frames or coverage.damaged_packets:
        found.append("Damage is counted over whole recordings, so it may lie outside the time that was searched.")
    if coverage.damaged_packets:
        found.append("A packet is a piece of a video file, about one picture.")
    if coverage.has_recordings and len(coverage.cameras) > 1:
        found.append("Totals add up all cameras.")
    if coverage.crops:
        found.append(
            "Imported crops do not tell how much was filmed: an hour without a crop does not prove that nobody passed."
        )
    return found


HEADINGS = ("Camera", "Searched", "No recording", "Not analysed", "Gaps", "Damage")


def line_of(coverage: Coverage, one: CameraCoverage) -> tuple[str, ...]:
    """The camera's row of a table, under `HEADINGS`."""
    is_empty = coverage.has_nothing_of(one)
    searched = [length(seconds_of(one.seen))] if one.seen else []
    if one.undated.seen and not coverage.is_timed:
        searched.append(f"{length(one.undated.seen)} of unknown date")
    if one.imported is not None:
        searched.append(imported_words(one.imported))
    said = "no data" if is_empty else ", ".join(searched)
    stretches = (one.seen, one.missing, one.waiting, one.gaps)
    if not any(stretches):
        rest = [
            "the whole time" if one.has_recordings and not one.undated.recordings else "not known",
            *["not known"] * 3,
        ]
        return (camera_name(one.camera), said, *rest)
    damage = [plural(one.damaged_frames, "frame")] if one.damaged_frames else []
    damage += [plural(one.damaged_packets, "packet")] if one.damaged_packets else []
    count = len(one.gaps) + one.more_gaps
    gaps = f"{count:,} ({length(seconds_of(one.gaps), up=True)})" if count else "none"
    return (
        camera_name(one.camera), said, _or_none(one.missing), _or_none(one.waiting), gaps, ", ".join(damage) or "none",
    )  # fmt: skip


def imported_words(imported: Imported) -> str:
    """ "145 crops, none at 23, 0 and 1 h (UTC)"."""
    never = f", none from {hour_words(imported.empty_hours)} (UTC)" if imported.empty_hours else ""
    return plural(imported.crops, "crop") + never


def _cameras(coverage: Coverage) -> str:
    named = [one.camera for one in coverage.cameras if one.camera is not None]
    others = [camera for camera in coverage.left_out if camera is not None]
    if not named:
        return "crops of unknown cameras"
    return f"{len(named)} of {plural(len(named) + len(others), 'camera')}" if others else plural(len(named), "camera")


def _nothing(coverage: Coverage) -> str:
    """What there is not."""
    if waiting := coverage.total("waiting"):
        return f"{length(waiting, up=True)} of video is recorded and not analysed yet"
    things = "readable recording and no crop" if coverage.has_recordings else "crop"
    return f"there is no {things} from {_named(coverage.cameras)}"


def _named(cameras: Sequence[CameraCoverage]) -> str:
    return listed([camera_name(one.camera) for one in cameras])


def _have(count: int, noun: str) -> str:
    return f"{plural(count, noun)} {'has' if count == 1 else 'have'}"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _or_none(spans: Spans) -> str:
    return length(seconds_of(spans), up=True) if spans else "none"


def _by_hour(where: Filter) -> str:
    parts = []
    if where.hours is not None:
        parts.append(f"from {hour_words(sorted(where.hours))} (UTC)")
    if where.weekdays is not None:
        parts.append(f"on {listed([DAYS[day] for day in sorted(where.weekdays)], 7)}")
    return ", only " + " ".join(parts) if parts else ""
