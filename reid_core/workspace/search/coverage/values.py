"""Coverage as plain values, for files and other programs."""

from __future__ import annotations

import math
from typing import Any

from reid_core.times import format_time
from reid_core.workspace.search.coverage.coverage import CameraCoverage, Coverage
from reid_core.workspace.search.coverage.saying import KINDS, sentence, warnings
from reid_core.workspace.search.coverage.spans import Spans, seconds_of


def values(coverage: Coverage) -> dict[str, Any]:
    """Everything as plain values; stretches are pairs of times in ISO 8601, lengths are seconds."""
    return {
        "sentence": sentence(coverage),
        "warnings": warnings(coverage),
        "filters": coverage.where.to_values(),
        "seconds_searched": round(coverage.seconds, 3),
        "seconds_without_recording": round(coverage.total("missing"), 3),
        "seconds_not_analysed": round(coverage.total("waiting"), 3),
        "seconds_of_gaps": round(coverage.total("gaps"), 3),
        "gaps": coverage.gap_count,
        "damaged_frames": coverage.damaged_frames,
        "unreadable_packets": coverage.damaged_packets,
        "imported_crops": coverage.crops,
        "crops_without_date_left_out": coverage.untimed,
        "crops_without_camera_left_out": coverage.unplaced,
        "tracklets_in_zones_to_ignore_left_out": coverage.ignored,
        "crops_in_zones_to_ignore_left_out": coverage.ignored_crops,
        "tracklets_without_crops": coverage.tracklets_without_crops,
        "not_embedded": coverage.not_embedded,
        "without_usable_vector": coverage.without_direction,
        "recordings_without_start": vars(coverage.undated),
        "cameras_left_out": list(coverage.left_out),
        "cameras": [_camera_values(one) for one in coverage.cameras],
    }


def _camera_values(one: CameraCoverage) -> dict[str, Any]:
    imported = one.imported
    return {
        "camera": one.camera,
        "recordings": one.recordings,
        "seconds_searched": round(seconds_of(one.seen), 3),
        **{kind: _times(getattr(one, kind)) for kind in KINDS},
        "damaged_frames": one.damaged_frames,
        "unreadable_packets": one.damaged_packets,
        "tracklets_in_zones_to_ignore_left_out": one.ignored,
        "crops_in_zones_to_ignore_left_out": one.ignored_crops,
        "unfinished": [
            {**vars(each), "seconds": None if math.isnan(each.seconds) else each.seconds} for each in one.unfinished
        ],
        "imported": None if imported is None else {
            "crops": imported.crops, "first": format_time(imported.first), "last": format_time(imported.last),
            "hours_without_crop": list(imported.empty_hours),
        },
    }  # fmt: skip


def _times(spans: Spans) -> list[list[str | None]]:
    return [[format_time(first), format_time(last)] for first, last in spans]
