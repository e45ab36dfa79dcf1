"""What `reid video` says of recordings: before they come in, afterwards, and of those that do not."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reid_core.cli.shared.console import say, warn
from reid_core.datasets.base import Skipped
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.times import short_time, whole_length
from reid_core.video.codecs import codec_words

if TYPE_CHECKING:
    from reid_core.workspace.imports.recordings import RecordingReport, Standing
    from reid_core.workspace.imports.video.given import Given


def pace(standing: Standing) -> str:
    """ "s of video, 4.3 times real time"."""
    return f"s of video, {standing.times_real_time:.1f} times real time"


def say_found(given: Given, problems: list[str]) -> None:
    found, facts, camera = given.found, given.found.facts, given.camera_of_it
    size = f"{facts.width} × {facts.height}{', interlaced' if facts.interlaced else ''}"
    length = "of unknown length" if facts.duration is None else f"{whole_length(facts.duration)} long"
    says = f" (from its {found.camera.source})" if given.camera is None and found.camera else ""
    say(f"{found.path.name}: {codec_words(facts.codec)}, {size}, {length}; camera {camera or 'unknown'}{says}.")
    for sentence in [*found.starts.sentences(), *problems]:
        say(f"  {sentence}")


def say_report(report: RecordingReport) -> None:
    row = report.recording
    if report.already:
        say(f"{report.path.name}: already analysed, as recording {row.name} of camera {row.camera}.")
    else:
        kept = f"{plural(report.tracklets, 'tracklet')} with {plural(report.crops, 'crop')}"
        until = f", analysed up to {short_time(row.analysed)}" if report.stopped else ""
        say(f"{row.name}: {kept} added{until}.")
    for sentence in report.problems:
        warn(f"  {sentence}")


def values_of(given: Given) -> dict[str, Any]:
    found, facts = given.found, given.found.facts
    starts = {one.source: short_time(one.seconds) for one in found.starts.proposals}
    return {
        "path": str(found.path), "camera": found.camera.camera if found.camera else None, "starts": starts,
        "notes": list(found.starts.notes), "codec": facts.codec, "width": facts.width, "height": facts.height,
        "duration": facts.duration, "interlaced": facts.interlaced,
    }  # fmt: skip


def short_values(report: RecordingReport) -> dict[str, Any]:
    row = report.recording
    return {
        "recording": row.name, "camera": row.camera, "start": short_time(row.time_of(0)),
        "clock_offset": row.clock_offset, "tracklets": report.tracklets,
        "crops": report.crops, "already": report.already, "stopped": report.stopped, "analysed": row.analysed,
        "problems": list(report.problems),
    }  # fmt: skip


def left_out(skipped: list[Skipped], path: Path) -> dict[str, Any]:
    return {"left_out": len(skipped), "skipped": [dataclasses.asdict(item) for item in named_once(skipped, path)]}


def named_once(skipped: list[Skipped], folder: Path) -> list[Skipped]:
    """Without the file's name in the reason: it stands before it."""
    found = []
    for item in skipped:
        reason = item.reason
        for name in (str(folder / item.path), item.path, Path(item.path).name):
            if named := re.search(rf"(?<!\S){re.escape(name)}(?=[\s.,:;]|$)", reason):
                reason = f"{reason[: named.start()]}it{reason[named.end() :]}"
                break
        found.append(Skipped(item.path, reason))
    return found


def none_of(skipped: list[Skipped]) -> ReidError:
    """What is said where no recording came in."""
    if len(skipped) == 1:
        return ReidError(skipped[0].reason)
    (first,) = named_once(skipped[:1], Path())
    return ReidError(f"None of the {len(skipped):,} recordings came in. {first.path}: {first.reason}")
