"""What an index knows of each row beside its vector, and which rows a search may return.

A filter is one field of `Filter`, with its `Row` of data: how an index answers it, the option of the command line that
asks for it, the page's control that sets it, and its names in the page's address. The index, the command and saved
searches are made from these rows, and so are colours and walks on the page and in its address. A filter of another
kind needs a control in pages/components/search/filters.py, and a line for its value in address.py there. What it reads
of a row is a field of `Columns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError

UNKNOWN_HEIGHT = 0
ID = "id"  # as a filter's column: the row's id

# How a value is compared with a column. All but `NONE_OF`, `NAMED` and `UNMARKED` fail where the column is not known.
ANY_OF, NONE_OF = "is any of", "is none of"
HAS_ANY = "has any of"  # the column holds several names, one a line
AT_LEAST, AT_MOST = "is at least", "is at most"
UNTIL = "is a time up to"  # no date is after a time into a recording, and no time into a recording before a date
WEEKDAY, HOUR = "is on a weekday", "is in an hour"
NAMED = "is a named person"  # True: neither distractor nor junk nor unknown; False: unknown
UNMARKED = "is not marked"  # True: or is, all the same

# What kind of value a filter takes, which says how it is written and drawn.
TEXTS, PEOPLE, COLOUR = "texts", "people", "colours"
MOMENT, DAYS, HOURS = "moment", "days", "hours"
WHOLE, NUMBER, YES_OR_NO, FLAG = "whole number", "number", "yes or no", "flag"


@dataclass(frozen=True)
class Row:
    """What is known of one filter.

    `how` says how its value is compared with `column`; a filter without one changes others, that name it as their
    `or_unknown`: where it is set, what is not known passes them. `option` and `help` are those of the command line,
    `control` and `title` those of the page, `address` its names in the page's address; "" for none.
    """

    how: str
    column: str
    or_unknown: str = ""
    kind: str = TEXTS
    option: str = ""
    help: str = ""
    control: str = ""
    title: str = ""
    address: tuple[str, ...] = ()


class Comparison(NamedTuple):
    """One comparison, for a backend to compile; `or_unknown` lets rows pass whose column is not known."""

    how: str
    column: str
    value: Any
    or_unknown: bool


def row(default: Any, how: str = "", column: str = "", **values: Any) -> Any:
    """The field of a filter; see `Row`."""
    return field(default=default, metadata={"row": Row(how, column, **values)})


def rows(filters: type[Filter]) -> dict[str, Row]:
    """The row of each filter by its field's name, in their order."""
    return {one.name: one.metadata["row"] for one in fields(filters)}


@dataclass(frozen=True)
class Filter:
    """Which rows a search may return. The default lets every row through.

    A crop whose camera, identity or split is not known fails a filter that lists cameras, identities or splits, and
    passes `exclude_cameras`. `after` and `before` are seconds on the scale of `Columns.time`, both inclusive; a crop
    of unknown time fails either. `weekdays` (0 is Monday) and `hours` (0 to 23) are those of UTC, in which times are
    shown; a crop whose date is not known fails them. `min_height` (pixels) and `min_sharpness` are inclusive too; a
    crop whose height or sharpness is not known fails them. `identity_known` keeps crops of named people (True: neither
    distractor nor junk) or those that nobody has named (False).

    `upper` and `lower` are colours of clothing. A crop whose colour is not clear fails them, unless `unclear_colours`;
    None ignores the colour. `only_ids` are the only rows that may be returned, None for all.

    The next are of the walk, as `video.walks.Walk` has it: `directions`, the edges that somebody `entered` and left by,
    the seconds in view (`min_seconds`, `max_seconds`) and in one place (`min_standing`), all inclusive, and `zones`, of
    which the walk touched at least one. A crop that was not cut from a recording has no walk, and fails them. `ignored`
    says whether walks within zones to ignore pass: None lets them pass, too, but `workspace.search` takes it for False.

    >>> from reid_core.retrieval import ExactIndex
    >>> index = ExactIndex("model", dimension=2)
    >>> nothing, times = [None] * 3, [0.0, 60.0, np.nan]
    >>> vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]], np.float32)
    >>> index.add(np.array([11, 12, 13]), vectors, Columns(["hall", "stairs", None], nothing, nothing, times))
    >>> index.search(vectors[:1], 3, Filter(exclude_cameras=frozenset({"hall"}))).ids.tolist()  # -1: no more hits
    [[12, 13, -1]]
    >>> index.search(vectors[:1], 3, Filter(before=60.0)).ids.tolist()  # when 13 was taken is not known
    [[11, 12, -1]]
    """

    cameras: frozenset[str] | None = row(
        None, ANY_OF, "camera", option="--camera", help="Only hits of these cameras: 1,3", control="cameras",
        title="Cameras", address=("cameras",),
    )  # fmt: skip
    exclude_cameras: frozenset[str] = row(frozenset(), NONE_OF, "camera")
    identities: frozenset[str] | None = row(
        None, ANY_OF, "identity", kind=PEOPLE, option="--identity", help="Only hits of these identities.",
        control="more", title="Only these identities", address=("people",),
    )  # fmt: skip
    identity_known: bool | None = row(
        None, NAMED, "identity", kind=YES_OR_NO, option="--named/--unnamed",
        help="Only people with, or without, a name.", control="more", title="Who", address=("who",),
    )  # fmt: skip
    splits: frozenset[str] | None = row(
        None, ANY_OF, "split", option="--split", help="Only hits of these splits: query,gallery"
    )
    after: float | None = row(
        None, AT_LEAST, "time", kind=MOMENT, option="--after",
        help="Only hits from this time on (ISO 8601, or seconds).", control="times", address=("after", "span"),
    )  # fmt: skip
    before: float | None = row(
        None, UNTIL, "time", kind=MOMENT, option="--before", help="Only hits up to this time.", control="times",
        address=("before", "span"),
    )  # fmt: skip
    weekdays: frozenset[int] | None = row(
        None, WEEKDAY, "time", kind=DAYS, option="--weekday", help="Only hits of these days: mon,sat",
        control="times", title="Days of the week (UTC)", address=("days",),
    )  # fmt: skip
    hours: frozenset[int] | None = row(
        None, HOUR, "time", kind=HOURS, option="--hours", help="Only hits of these hours, UTC: 7-9,18",
        control="times", address=("from", "until"),
    )  # fmt: skip
    upper: frozenset[str] | None = row(
        None, ANY_OF, "upper", or_unknown="unclear_colours", kind=COLOUR, option="--upper",
        help="Only hits whose upper clothing is of these colours: red,pink", control="clothes",
        title="Upper clothing", address=("upper",),
    )  # fmt: skip
    lower: frozenset[str] | None = row(
        None, ANY_OF, "lower", or_unknown="unclear_colours", kind=COLOUR, option="--lower",
        help="The same of lower clothing.", control="clothes", title="Lower clothing", address=("lower",),
    )  # fmt: skip
    unclear_colours: bool = row(
        False, kind=FLAG, option="--or-unclear", help="Keep hits whose colour is not clear.", control="clothes",
        title="Also where the colour is not clear", address=("unclear",),
    )  # fmt: skip
    min_height: int | None = row(
        None, AT_LEAST, "height", kind=WHOLE, option="--min-height", help="Only hits of at least so many pixels.",
        control="more", address=("good",),
    )  # fmt: skip
    min_sharpness: float | None = row(
        None, AT_LEAST, "sharpness", kind=NUMBER, option="--min-sharpness",
        help="Only hits at least so sharp, 0 to 1; 0.32 leaves out the blurred.", control="more", address=("good",),
    )  # fmt: skip
    directions: frozenset[str] | None = row(
        None, ANY_OF, "direction", option="--direction", help="Only hits of walks this way: to the left,stays",
        control="walks", title="Direction", address=("direction",),
    )  # fmt: skip
    entered: frozenset[str] | None = row(
        None, ANY_OF, "entered", option="--entered-by", help="Only hits who came in by: left edge,inside the picture",
        control="walks", title="Entered by", address=("entered",),
    )  # fmt: skip
    left_by: frozenset[str] | None = row(
        None, ANY_OF, "left", option="--left-by", help="Only hits who left by: right edge,bottom edge",
        control="walks", title="Left by", address=("left",),
    )  # fmt: skip
    min_seconds: float | None = row(
        None, AT_LEAST, "seconds", kind=NUMBER, option="--seconds-at-least",
        help="Only hits in view for so many seconds.", control="walks", title="In view for at least (s)",
        address=("longer",),
    )  # fmt: skip
    max_seconds: float | None = row(
        None, AT_MOST, "seconds", kind=NUMBER, option="--seconds-at-most",
        help="Only hits in view no longer than that.", control="walks", title="In view for at most (s)",
        address=("shorter",),
    )  # fmt: skip
    min_standing: float | None = row(
        None, AT_LEAST, "standing", kind=NUMBER, option="--stood-at-least",
        help="Only hits who stood in one place for so many seconds.", control="walks", title="Stood for at least (s)",
        address=("stood",),
    )  # fmt: skip
    zones: frozenset[str] | None = row(
        None, HAS_ANY, "zones", option="--zone", help="Only hits who walked through one of these zones: door,stairs",
        control="walks", title="Zone", address=("zone",),
    )  # fmt: skip
    ignored: bool | None = row(
        None, UNMARKED, "ignored", kind=YES_OR_NO, option="--ignored", help="Also hits within zones to ignore.",
        control="walks", title="Also from zones to ignore", address=("ignored",),
    )  # fmt: skip
    exclude_ids: frozenset[int] = row(frozenset(), NONE_OF, ID)
    only_ids: frozenset[int] | None = row(None, ANY_OF, ID)

    def comparisons(self) -> list[Comparison]:
        """What a row must pass, all of it."""
        default = type(self)()
        return [
            Comparison(row.how, row.column, value, bool(row.or_unknown and getattr(self, row.or_unknown)))
            for name, row in rows(type(self)).items()
            if row.how and (value := getattr(self, name)) != getattr(default, name)
        ]

    def to_values(self) -> dict[str, Any]:
        """Plain values to keep as JSON, without ids, which mean one moment; see `from_values`."""
        values = {name: getattr(self, name) for name, row in rows(type(self)).items() if row.column != ID}
        return {name: sorted(v) if isinstance(v, frozenset) else v for name, v in values.items()}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        read: dict[str, Any] = {name: frozenset(v) if isinstance(v, list) else v for name, v in values.items()}
        return cls(**read)


_LABEL = {"dtype": np.object_}


@dataclass(frozen=True, eq=False)
class Columns:
    """What filters read, one entry per row: labels (None where unknown) and time in seconds (NaN where unknown).

    `height` in pixels (0 where unknown), `sharpness` (NaN where unknown) and the colours of `upper` and `lower`
    clothing (None where not clear) are unknown for all rows unless given. So is what is known of a row's walk: `walk`
    is its number (0 for none), `seconds` and `standing` are times (NaN where unknown), `zones` names, one a line.
    Raises ReidError when the columns differ in length.
    """

    camera: NDArray[Any] = field(metadata=_LABEL)
    identity: NDArray[Any] = field(metadata=_LABEL)
    split: NDArray[Any] = field(metadata=_LABEL)
    time: NDArray[np.float64] = field(metadata={"dtype": np.float64})
    height: NDArray[np.int32] = field(default_factory=lambda: np.array(UNKNOWN_HEIGHT), metadata={"dtype": np.int32})
    sharpness: NDArray[np.float32] = field(default_factory=lambda: np.array(np.nan), metadata={"dtype": np.float32})
    upper: NDArray[Any] = field(default_factory=lambda: np.array(None), metadata=_LABEL)
    lower: NDArray[Any] = field(default_factory=lambda: np.array(None), metadata=_LABEL)
    direction: NDArray[Any] = field(default_factory=lambda: np.array(None), metadata=_LABEL)
    entered: NDArray[Any] = field(default_factory=lambda: np.array(None), metadata=_LABEL)
    left: NDArray[Any] = field(default_factory=lambda: np.array(None), metadata=_LABEL)
    seconds: NDArray[np.float32] = field(default_factory=lambda: np.array(np.nan), metadata={"dtype": np.float32})
    standing: NDArray[np.float32] = field(default_factory=lambda: np.array(np.nan), metadata={"dtype": np.float32})
    zones: NDArray[Any] = field(default_factory=lambda: np.array(None), metadata=_LABEL)
    ignored: NDArray[np.bool_] = field(default_factory=lambda: np.array(False), metadata={"dtype": np.bool_})
    walk: NDArray[np.int32] = field(default_factory=lambda: np.array(0), metadata={"dtype": np.int32})

    def __post_init__(self) -> None:
        for name, dtype in _TYPES.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=dtype))
        for name in _TYPES:
            if not getattr(self, name).ndim:  # one value stands for every row
                object.__setattr__(self, name, np.repeat(getattr(self, name), len(self.time)))
        lengths = {name: len(getattr(self, name)) for name in _TYPES}
        if len(set(lengths.values())) > 1:
            raise ReidError(f"The columns of one set of crops differ in length: {lengths}.")

    def __len__(self) -> int:
        return len(self.time)

    @staticmethod
    def unknown(count: int) -> Columns:
        """Columns of rows of which nothing is known."""
        labels = np.full(count, None, dtype=object)
        return Columns(labels, labels, labels, np.full(count, np.nan))

    def take(self, rows: NDArray[np.intp]) -> Columns:
        return Columns(**{name: getattr(self, name)[rows] for name in _TYPES})


_TYPES = {one.name: one.metadata["dtype"] for one in fields(Columns)}
LABELS = tuple(name for name, dtype in _TYPES.items() if dtype is np.object_)
NUMBERS: dict[str, type[np.generic]] = {name: dtype for name, dtype in _TYPES.items() if name not in LABELS}
