"""Lines of the log as people read them. One that no event fits, of an older or newer program, still reads as words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from math import isfinite
from typing import Any, get_args, get_origin, get_type_hints

from reid_core.workspace.actor import OPERATING_SYSTEM, Actor
from reid_core.workspace.catalogue.audit import EVENTS
from reid_core.workspace.catalogue.audit_base import STORED, Event, plain, short
from reid_core.workspace.catalogue.audit_trail import ALTERED, DELETED

_OF_EVERY_LINE = frozenset(("at", "who", "known", "action", "purpose", "personal"))


def title_of(action: str) -> str:
    """What lines of that action are called together."""
    kind = EVENTS.get(action)
    return _of_today(plain(action)).capitalize() if kind is None else kind.title


def actor_of(line: Mapping[str, Any]) -> str:
    """Who acted, and how that is known where it is not by the operating system."""
    known = line.get("known")
    name = plain(str(line["who"])).strip() or "no name"  # which only a forged line has
    return Actor(name, plain(known) if known and isinstance(known, str) else OPERATING_SYSTEM).describe()


def purpose_of(line: Mapping[str, Any]) -> str:
    return plain(str(line["purpose"]))


def sentence_of(line: Mapping[str, Any]) -> str:
    """What a line of `audit_trail.read_log` says was done."""
    event = read_event(line)
    said = plain(_in_words(line) if event is None else event.sentence())
    personal = line.get("personal")
    return f"{said} Its personal fields were {personal}." if personal in (DELETED, ALTERED) else said


def read_event(line: Mapping[str, Any]) -> Event | None:
    """The event that the line was written of; None for an unknown one, and where a field is missing or of no use."""
    kind = EVENTS.get(str(line["action"]))
    if kind is None:
        return None
    types = get_type_hints(kind)
    values: dict[str, Any] = {}
    for one in fields(kind):
        if (stored := STORED.get(one.name, one.name)) in line:
            value = line[stored]
            values[one.name] = tuple(value) if isinstance(value, list) else value
            if not _fits(values[one.name], types[one.name]):
                return None
    try:
        return kind(**values)
    except TypeError:  # one that it needs is missing
        return None


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(isinstance(part, get_args(kind)[0]) for part in value)
    if isinstance(value, bool):  # which Python takes for a number
        return bool in (kind, *get_args(kind))
    return isinstance(value, kind)


def _in_words(line: Mapping[str, Any]) -> str:
    """ "An action of tomorrow: gallery g, hits 3."."""
    parts = [
        f"{_of_today(name.replace('_', ' '))} {words}"
        for name, value in line.items()
        if name not in _OF_EVERY_LINE and (words := _words(value))
    ]
    said = _of_today(str(line["action"])).capitalize()
    return f"{said}: {', '.join(parts).removesuffix('.')}." if parts else f"{said}."


def _of_today(words: str) -> str:
    """What is stored under an old word."""
    for word, stored in STORED.items():
        words = words.replace(stored, word)
    return words


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {words}" for name, part in value.items() if (words := _words(part)))
    if isinstance(value, list):
        return ", ".join(words for part in value if (words := _words(part)))
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, int | float):
        return f"{value:,}" if isfinite(value) else ""
    return short(str(value)) if value is not None else ""
