"""Which crops of a gallery are meant: the one filter that browsing, mending labels, holding and deleting share."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reid_core import quality
from reid_core.errors import ReidError
from reid_core.json_text import read_json
from reid_core.quality import Flaw
from reid_core.records import natural_order, plural
from reid_core.times import FIRST_CLOCK_TIME, LAST_CLOCK_TIME, short_time


def _as_sql(flaw: Flaw) -> str:
    measure = "height * 1.0 / width" if flaw.measure == "shape" else flaw.measure
    bounds = ((f"{measure} < {flaw.least}", flaw.least), (f"{measure} > {flaw.most}", flaw.most))
    return f"({' OR '.join(test for test, bound in bounds if math.isfinite(bound))})"


# What may be wrong with a crop, as SQL on what was measured at import.
FLAWS = {key: _as_sql(flaw) for key, flaw in quality.FLAWS.items()}
MISSING = {"identity": "identity IS NULL", "camera": "camera IS NULL", "time": "time IS NULL"}


@dataclass(frozen=True)
class Selection:
    """Crops that fit all of what is given; the default is every crop of the gallery.

    `ids` are crops, `sources` keys of sources, `recordings` names of recordings, `after` and `before` seconds as in
    `Records.time`, both inclusive (a crop of unknown time fits neither). `older_than` is a moment in seconds since
    1970: a crop fits that was taken before it, or imported before it where nobody knows the date that it was taken.
    `flaw` is one of `FLAWS`, or "any", `missing` one of `MISSING`; `alike` keeps those that look like another picture
    of the gallery, `not_indexed_by` what the model of that id has not embedded. `directions` and `zones` are of the
    walk that a crop was cut from, as `video.walks.Walk` has them: a crop from no recording fits neither.
    """

    identities: frozenset[str] | None = None
    cameras: frozenset[str] | None = None
    tracklets: frozenset[str] | None = None
    splits: frozenset[str] | None = None
    sources: frozenset[int] | None = None
    recordings: frozenset[str] | None = None
    ids: frozenset[int] | None = None
    after: float | None = None
    before: float | None = None
    older_than: float | None = None
    flaw: str | None = None
    missing: str | None = None
    alike: bool = False
    not_indexed_by: str | None = None
    directions: frozenset[str] | None = None
    zones: frozenset[str] | None = None

    def is_everything(self) -> bool:
        return self == Selection()

    def where(self, gallery: int) -> tuple[str, list[Any]]:
        """The condition in SQL on table `crop`, and its values. `gallery` is the gallery's key."""
        # The plus keeps SQLite from walking the whole gallery where it is to look up single crops.
        single = self.ids is not None or self.directions is not None or self.zones is not None
        tests: list[str] = ["+crop.gallery = ?" if single else "crop.gallery = ?"]
        values: list[Any] = [gallery]
        for name, value in self._given().items():
            tests.append(WAYS[name].sql(value))
            values += [gallery] * WAYS[name].asks_for_gallery + WAYS[name].values(value)
        return " AND ".join(tests), values

    def where_recordings(self) -> tuple[str, list[Any]]:
        """The condition in SQL on table `recording`, and its values: those that are selected as a whole.

        By their names, cameras or age, or with everything; whatever else is given selects crops alone.
        """
        return self._where(_OF_RECORDINGS)

    def where_tracklets(self) -> tuple[str, list[Any]]:
        """The condition in SQL on tables `tracklet` and `recording`, and its values: those selected apart from crops.

        By their names, recordings, sources, cameras, time or age, or with everything; whatever else is given selects
        crops alone. One that was in view for only a part of the time is selected, too.
        """
        return self._where(_OF_TRACKLETS)

    def _where(self, ways: Mapping[str, str]) -> tuple[str, list[Any]]:
        given = self._given()
        if not set(given) <= set(ways):
            return "0", []
        tests = ["1", *(ways[name] for name in given)]
        values = [json.dumps(list(value)) if isinstance(value, frozenset) else value for value in given.values()]
        return " AND ".join(tests), values

    def _given(self) -> dict[str, Any]:
        """The ways that crops are selected by."""
        return {name: value for name, value in vars(self).items() if value is not None and value is not False}

    def to_json(self) -> str:
        """For a job's folder; see `from_json`."""
        values = {name: value for name, value in vars(self).items() if value is not None}
        return json.dumps({n: sorted(v) if isinstance(v, frozenset) else v for n, v in values.items()})

    @staticmethod
    def from_json(text: str) -> Selection:
        """Raises ReidError for anything but what `to_json` writes: half a selection would be another one."""
        try:
            values = read_json(text)
            if not isinstance(values, dict) or any(not WAYS[name].takes(value) for name, value in values.items()):
                raise ValueError("a value is of another kind")
            chosen: dict[str, Any] = {n: frozenset(v) if isinstance(v, list) else v for n, v in values.items()}
            return Selection(**chosen)
        except (ValueError, KeyError, TypeError) as error:
            raise ReidError(f"This is no selection of crops ({error}). Choose them again.") from error

    def describe(self, *, names: bool = True) -> str:
        """In words: "identity anna, camera 3, until 2026-10-23T00:00:00Z".

        Without `names` people and tracklets are only counted ("1 identity, camera 3"): a receipt names nobody.
        """
        parts = [WAYS[name].words(value, names) for name, value in self._given().items()]
        return ", ".join(parts) or "every crop"


def order_to_json(selection: Selection, purpose: str) -> str:
    """A deletion for a job's folder, with why: arguments can be read by every user of the machine."""
    return json.dumps({"selection": json.loads(selection.to_json()), "purpose": purpose})


def order_from_json(text: str) -> tuple[Selection, str]:
    """The selection and the purpose, "" for a selection alone. Raises ReidError as `Selection.from_json` does."""
    try:
        values = read_json(text)
    except ValueError as error:
        raise ReidError(f"This is no selection of crops ({error}). Choose them again.") from error
    if not isinstance(values, dict) or set(values) != {"selection", "purpose"}:
        return Selection.from_json(text), ""
    if not isinstance(values["purpose"], str):
        raise ReidError("This is no selection of crops (its purpose is no text). Choose them again.")
    return Selection.from_json(json.dumps(values["selection"])), values["purpose"]


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _whole_numbers(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is int for item in value)


def _moment(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and abs(value) <= 2 * LAST_CLOCK_TIME


@dataclass(frozen=True)
class Way:
    """One way to select crops: what JSON it takes, its condition in SQL and the values for that, and it in words.

    Words with `names`, or without those of people and tracklets. With `asks_for_gallery` the condition has the
    gallery's key before its values.
    """

    takes: Callable[[object], bool]
    sql: Callable[[Any], str]
    words: Callable[[Any, bool], str]
    values: Callable[[Any], list[Any]] = lambda value: [value]
    asks_for_gallery: bool = False


def _in(column: str) -> dict[str, Any]:
    """One value as JSON: a million ids would be more placeholders than SQLite takes."""
    return {
        "sql": lambda wanted: f"crop.{column} IN (SELECT value FROM json_each(?))",
        "values": lambda wanted: [json.dumps(list(wanted), ensure_ascii=False)],
    }


def _words_of(kind: str, *, tells_who: bool) -> Callable[[Iterable[str], bool], str]:
    def words(wanted: Iterable[str], names: bool) -> str:
        shown = natural_order(wanted)
        if tells_who and not names:
            return plural(len(shown), kind)
        return f"{plural(len(shown), kind, number=False)} {', '.join(shown[:5])}{' …' * (len(shown) > 5)}"

    return words


def _labelled(column: str, *, tells_who: bool) -> Way:
    return Way(_texts, words=_words_of(column, tells_who=tells_who), **_in(column))


def _until(last: float) -> str:
    # Seconds into a recording are before no date.
    return "crop.time <= ?" + f" AND crop.time >= {FIRST_CLOCK_TIME}" * (last >= FIRST_CLOCK_TIME)


# A camera's clock may run ahead: nothing was taken after it was imported. An older program that was still open when the
# workspace was brought up to date wrote no date of import.
_OLDER = (
    f"CASE WHEN crop.time >= {FIRST_CLOCK_TIME} AND crop.imported > 0 THEN min(crop.time, crop.imported) "
    f"WHEN crop.time >= {FIRST_CLOCK_TIME} THEN crop.time WHEN crop.imported > 0 THEN crop.imported END < ?"
)
_NOT_EMBEDDED = (
    "NOT EXISTS (SELECT 1 FROM vector JOIN model ON model.key = vector.model "
    "WHERE vector.crop = crop.id AND model.id = ?)"
)


def _walked(test: str, kind: str) -> Way:
    """By the walk, which several crops share: found by the index of crops by recording and tracklet."""
    sql = (
        "crop.id IN (SELECT walked.id FROM tracklet CROSS JOIN crop AS walked "
        "ON walked.recording = tracklet.recording AND walked.tracklet = tracklet.name "
        f"WHERE +tracklet.gallery = ? AND {test})"  # in the order in which they lie in the file: five times as fast
    )
    words = _words_of(kind, tells_who=False)
    return Way(_texts, lambda wanted: sql, words, lambda wanted: [json.dumps(list(wanted), ensure_ascii=False)], True)


# The same of recordings; an old one was over before that moment, or imported before it where nobody knows its start.
_OF_RECORDINGS = {
    "cameras": "recording.camera IN (SELECT value FROM json_each(?))",
    "recordings": "recording.name IN (SELECT value FROM json_each(?))",
    "older_than": (
        "COALESCE(start + clock_offset + COALESCE(duration, analysed), CAST(strftime('%s', imported) AS REAL)) < ?"
    ),
}

# The same of tracklets, by the clock of their recording.
_OF_TRACKLETS = {
    "cameras": _OF_RECORDINGS["cameras"],
    "tracklets": "tracklet.name IN (SELECT value FROM json_each(?))",
    "sources": "recording.source IN (SELECT value FROM json_each(?))",
    "recordings": _OF_RECORDINGS["recordings"],
    "after": "start + clock_offset + end_moment >= ?",
    "before": "start + clock_offset + start_moment <= ?",
    "older_than": "COALESCE(start + clock_offset + end_moment, CAST(strftime('%s', imported) AS REAL)) < ?",
}

# By the field of `Selection`. A new way to select is a field and a line here.
WAYS: dict[str, Way] = {
    "identities": _labelled("identity", tells_who=True),
    "cameras": _labelled("camera", tells_who=False),
    "tracklets": _labelled("tracklet", tells_who=True),
    "splits": _labelled("split", tells_who=False),
    "sources": Way(
        _whole_numbers, words=lambda keys, names: f"source {', '.join(map(str, sorted(keys)))}", **_in("source")
    ),
    "recordings": Way(
        _texts,
        lambda names: "crop.recording IN (SELECT key FROM recording WHERE name IN (SELECT value FROM json_each(?)))",
        _words_of("recording", tells_who=True),
        lambda names: [json.dumps(list(names), ensure_ascii=False)],
    ),
    "ids": Way(_whole_numbers, words=lambda ids, names: plural(len(ids), "chosen crop"), **_in("id")),
    "after": Way(_moment, lambda first: "crop.time >= ?", lambda first, names: f"from {short_time(first)}"),
    "before": Way(_moment, _until, lambda last, names: f"until {short_time(last)}"),
    "older_than": Way(_moment, lambda moment: _OLDER, lambda moment, names: f"taken before {short_time(moment)}"),
    "flaw": Way(
        lambda value: value in (*FLAWS, "any"),
        lambda flaw: f"({' OR '.join(FLAWS.values())})" if flaw == "any" else FLAWS[flaw],
        lambda flaw, names: "any flaw" if flaw == "any" else flaw,
        lambda flaw: [],
    ),
    "missing": Way(
        lambda value: value in MISSING,
        lambda column: MISSING[column],
        lambda column, names: f"without {column}",
        lambda column: [],
    ),
    "alike": Way(
        lambda value: isinstance(value, bool),
        lambda alike: "crop.alike IS NOT NULL",
        lambda alike, names: "look-alikes",
        lambda alike: [],
    ),
    "not_indexed_by": Way(
        lambda value: isinstance(value, str),
        lambda model: _NOT_EMBEDDED,
        lambda model, names: f"not embedded by {model}",
    ),
    "directions": _walked("tracklet.direction IN (SELECT value FROM json_each(?))", "direction"),
    "zones": _walked(
        "EXISTS (SELECT 1 FROM json_each(?) WHERE instr(char(10) || tracklet.zones || char(10), "
        "char(10) || value || char(10)))",
        "zone",
    ),
}
