"""Which column of a table holds what: by the names that people use, and where several fit, by what stands in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reid_core.datasets.tables.time_columns import may_be_of_day, reads_of_day
from reid_core.datasets.tables.time_values import MISSING
from reid_core.errors import shown
from reid_core.images import IMAGE_SUFFIXES

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "image": (
        *("path", "image", "image_path", "image_id", "file", "filename", "file_name", "img"),
        *("filepath", "file_path", "image_file", "image_name", "img_path", "img_name", "img_file", "crop_path"),
        *("image_file_name", "picture", "crop", "bild", "datei", "dateiname", "photo", "foto", "imagen", "fichier"),
    ),
    "identity": (
        *("identity", "person_id", "pid", "identity_id", "person", "personne", "persona", "person_name"),
        *("individual", "individual_id", "subject", "subject_id", "label", "id", "target", "class", "name"),
    ),
    "camera": (
        *("camera", "camera_id", "camid", "cam", "cam_id", "cameraid", "camera_name", "camera_no", "cam_no"),
        *("kamera", "caméra", "cámara"),
    ),
    "time": (
        *("time", "timestamp", "time_stamp", "datetime", "date_time", "date", "time_of_day", "clock", "captured_at"),
        *("zeit", "uhrzeit", "zeitpunkt", "datum", "heure", "hora", "fecha"),
    ),
    "date": ("date", "day", "datum", "fecha", "jour", "dia", "capture_date", "recording_date"),  # of a time of day
    "tracklet": ("tracklet", "track", "track_id", "tracklet_id", "trackid"),
    "split": ("split", "set", "subset"),
}
QUERY_MARK, GALLERY_MARK = "is_query", "is_gallery"  # as open-metric-learning divides its test half
EVIDENCE_ROWS = 20_000
_TELLING = 400  # characters of a cell
_HOURS = ("hour", "hours", "hh", "stunde")  # of a time of day that is spread over columns
_NUMBERS_ROWS = ("id", "target", "class")  # names that are given to row numbers and kinds of things as well
_KINDS_OF_THINGS = frozenset({"person", "persons", "people", "pedestrian", "human", "object", "car", "vehicle"})


@dataclass(frozen=True)
class Found:
    """`columns` maps what is held to the column that holds it; `marks` those of `is_query` and `is_gallery`; `words`
    say why columns with a usual name were `rejected`.
    """

    columns: dict[str, str]
    marks: dict[str, str]
    words: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()


def candidates(there: Sequence[str]) -> list[str]:
    """The columns that could be taken by their names."""
    names = {QUERY_MARK, GALLERY_MARK, *(name for usual in COLUMN_NAMES.values() for name in usual)}
    return [column for column in dict.fromkeys(there) if {_plain(column), _lowered(column)} & names]


def find_columns(
    there: Sequence[str], given: Mapping[str, str], cells: Mapping[str, Sequence[object]] | None = None
) -> Found:
    """Which of the columns `there` holds what; `cells` are the first values of those that could be taken.

    `given` goes before names: {"identity": "who"}, and "" says that a kind is not there. Of several columns with usual
    names the first is taken whose values fit: pictures have names of pictures, and a column that counts the rows is
    no person.
    """
    by_name: dict[str, str] = {}
    for name in there:
        by_name.setdefault(_plain(name), name)
        by_name.setdefault(_lowered(name), name)
    found: dict[str, str] = {}
    rejected: dict[str, str] = {}
    for kind, usual in COLUMN_NAMES.items():
        if kind in given:
            wanted = given[kind]
            column: str | None = wanted if wanted in there else by_name.get(_lowered(wanted)) if wanted else None
        else:
            fitting = [by_name[name] for name in usual if name in by_name and by_name[name] not in given.values()]
            column = _choose(kind, fitting, {name: (cells or {}).get(name, ()) for name in fitting}, rejected)
        if column is not None:
            found[kind] = column
    _pair_date(found, given, cells or {})
    _drop_date_without_hour(found, given, by_name, rejected)
    usual_split = next((by_name[name] for name in COLUMN_NAMES["split"] if name in by_name), "")
    marks = [mark for mark in (QUERY_MARK, GALLERY_MARK) if mark in by_name]
    if given.get("split", usual_split) != usual_split:
        marks = []
    return Found(found, {mark: by_name[mark] for mark in marks}, tuple(rejected.values()), tuple(rejected))


def _choose(
    kind: str, fitting: list[str], cells: Mapping[str, Sequence[object]], rejected: dict[str, str]
) -> str | None:
    if kind == "identity":
        return _choose_identity(fitting, cells, rejected)
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    filled = [column for column in fitting if not cells[column] or any(map(_label, cells[column]))] or fitting
    if kind == "image":
        return next((column for column in filled if _names_pictures(cells[column])), filled[0])
    return _choose_time(filled, cells) if kind == "time" else filled[0]


def _choose_time(filled: list[str], cells: Mapping[str, Sequence[object]]) -> str:
    """A column of whole times before one of times of day, and that before one of dates."""
    dates = [column for column in filled if _plain(column) in COLUMN_NAMES["date"]]
    others = [column for column in filled if column not in dates]
    whole = [column for column in others if not reads_of_day(cells[column])]
    return (whole or (others if dates else []) or filled)[0]


def _choose_identity(fitting: list[str], cells: Mapping[str, Sequence[object]], rejected: dict[str, str]) -> str | None:
    """By evidence: a column whose values repeat before one whose values do not, and never one that counts rows."""
    kinds = {
        column: _kind_of_labels([label for cell in cells[column] if (label := _label(cell))]) for column in fitting
    }
    named = [column for column in fitting if _plain(column) not in _NUMBERS_ROWS]
    ranks = (
        [column for column in named if kinds[column] in ("repeats", "unknown")],
        [column for column in named if kinds[column] == "distinct" and _plain(column) != "name"],
        [column for column in fitting if kinds[column] in ("repeats", "unknown")],
        [column for column in fitting if kinds[column] == "distinct"],
        [column for column in named if kinds[column] == "counts"],
        [column for column in fitting if kinds[column] == "empty"],
    )
    chosen = next((rank[0] for rank in ranks if rank), None)
    if chosen is not None and _plain(chosen) == "label":
        chosen = _more_than_labels(
            chosen,
            [column for column in fitting if kinds[column] == "repeats" and _plain(column) in ("id", "name")],
            cells,
            rejected,
        )
    for column in fitting[: fitting.index(chosen) if chosen in fitting else None]:
        if kinds[column] in ("counts", "distinct"):
            rejected[column] = f"{shown(column)} is not taken for the person: every row has another value"
        elif kinds[column] == "thing":
            rejected[column] = f"{shown(column)} is not taken for the person: it names files or a kind of thing"
    return chosen


def _more_than_labels(
    label: str, others: list[str], cells: Mapping[str, Sequence[object]], rejected: dict[str, str]
) -> str:
    """Another column where the labels are one or two ("male", "female") and it tells more apart."""
    count = {column: len({_label(cell) for cell in cells[column]} - {""}) for column in (label, *others)}
    more = next((column for column in others if count[column] > 2 >= count[label]), None)
    if more is not None:
        rejected[label] = (
            f"{shown(label)} is not taken for the person: it has {count[label]} values, {shown(more)} has {count[more]}"
        )
    return more or label


def _kind_of_labels(labels: Sequence[str]) -> str:
    """ "repeats", "distinct", "counts" (1, 2, 3 … down the rows), "thing" (all "person"), "empty"; "unknown" of one."""
    if not labels:
        return "empty"
    if len(distinct := set(labels)) == 1 and labels[0].lower() in _KINDS_OF_THINGS:
        return "thing"
    if len(labels) < 3:
        return "unknown"
    if sum(map(is_picture_name, labels)) * 2 > len(labels):
        return "thing"
    if len(distinct) < len(labels):
        return "repeats"
    numbers = [int(label) for label in labels if label.isdecimal() and len(label) < 16]
    counts = len(numbers) == len(labels) and max(numbers) - min(numbers) == len(numbers) - 1
    return "counts" if counts else "distinct"


def _pair_date(found: dict[str, str], given: Mapping[str, str], cells: Mapping[str, Sequence[object]]) -> None:
    """Keep a column of dates only where another holds the time of day; where none tells the time, it is the time."""
    if found.get("date") is None or "date" in given:
        return
    if "time" not in found and "time" not in given and "date" in _plain(found["date"]):
        found["time"] = found["date"]
    times = cells.get(found.get("time", ""), ())
    if found.get("time") in (None, found["date"]) or not (reads_of_day(times) or may_be_of_day(times)):
        del found["date"]


def _drop_date_without_hour(
    found: dict[str, str], given: Mapping[str, str], by_name: Mapping[str, str], rejected: dict[str, str]
) -> None:
    """A date is not the time where the hour stands in a column of its own: midnight would be wrong for all."""
    hour = next((by_name[name] for name in _HOURS if name in by_name), None)
    date = found.get("time", "")
    if hour is None or "time" in given or "date" in found or "date" not in _plain(date):
        return
    if "time" in _plain(date):  # date_time
        return
    del found["time"]
    rejected[date] = (
        f"{shown(date)} is not taken for the time: the hour stands in {shown(hour)}. Write both in one column, such as "
        "2026-03-02 08:01:00"
    )


def _names_pictures(cells: Sequence[object]) -> bool:
    filled = [label for cell in cells if (label := _label(cell))]
    return sum(map(is_picture_name, filled)) * 2 > len(filled)


def is_picture_name(label: str) -> bool:
    """Whether it ends as names of pictures do."""
    return f".{label[-8:].rpartition('.')[2].lower()}" in IMAGE_SUFFIXES


def _label(cell: object) -> str:
    """As in a table: 5 and 5.0 are "5"; "" where it is empty."""
    if cell is None:
        return ""
    text = str(cell)[:_TELLING].strip()
    return "" if text.lower() in MISSING else re.sub(r"\.0+$", "", text)


def _plain(name: str) -> str:
    """ "Camera ID", "cameraID" and "camera-id" are "camera_id"; "é" is one character."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", unicodedata.normalize("NFC", name.strip()))
    return re.sub(r"[\s_-]+", "_", words.lower())


def _lowered(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().lower()
