"""How pages write times, cameras, people and sizes."""

from __future__ import annotations

from reid_core.records import FIRST_CLOCK_TIME, plural, short_time


def shown_time(seconds: float) -> str:
    """ "2026-03-02 08:11:30", "0:44:41" into a recording, "" where unknown."""
    text = short_time(seconds)
    return "" if text is None else text.replace("T", " ").removesuffix("Z")


def is_clock_time(seconds: float) -> bool:
    """Whether a time names a date, and not only a place in a recording."""
    return seconds >= FIRST_CLOCK_TIME


def camera_name(camera: str | None) -> str:
    if camera is None:
        return "camera unknown"
    return f"camera {camera}" if camera.isdigit() else camera


def person_name(identity: str | None) -> str:
    return "" if identity is None else f"person {identity}" if identity.isdigit() else identity


def shown_bytes(size: int) -> str:
    """ "812 bytes", "34 MB", "1.2 GB"."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}" if size < 10 * scale else f"{size / scale:,.0f} {unit}"
    return plural(size, "byte")
