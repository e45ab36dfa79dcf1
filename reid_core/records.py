"""The one table that everything else is given: a row per crop, no pixels.

A crop is one detection of one person. Readers in `reid_core.datasets` build `Records`; the catalogue stores them;
training, indexing and evaluation read them. The table is checked here, once, so nobody checks it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reid_core.errors import Refused, ReidError, shortened
from reid_core.times import LAST_CLOCK_TIME

DISTRACTOR = "distractor"  # a person who is nobody's match, or a false detection: stays in the gallery
JUNK = "junk"  # a crop too bad to count either way: never ranked in an evaluation
SPLITS = ("train", "query", "gallery")
COLUMNS = ("path", "identity", "camera", "time", "tracklet", "split")
BOX_COLUMNS = ("box_left", "box_top", "box_width", "box_height")
_DRIVE = re.compile("[A-Za-z]:")  # Windows reads "c:x.jpg" as a path on drive c; "1:05.jpg" is only an odd name
_FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_BLANKS_OF_FORMULAS = ("\t", "\r", "\n")
_NEXT_CELL = re.compile(rf'([;|\t\r\n][\s;|"]*)([{"".join(map(re.escape, _FORMULAS))}])?')
LARGEST_WHOLE = 2**63 - 1  # of the numbers that the catalogue gives to crops and searches
MOST_DIGITS = 40  # of a whole number that is typed, with zeros in front


@dataclass(frozen=True, eq=False)
class Records:
    """Crops and what is known of them.

    `table` has one row per crop and exactly these columns; of the last five, what is left out is unknown:

    - `path`: relative POSIX path in the source folder or zip; unique. Of a crop that is still to be cut out of a frame
      it is only a name.
    - `identity`: label of the person, `DISTRACTOR`, `JUNK`, or None where unknown.
    - `camera`, `tracklet`: labels, or None where unknown.
    - `time`: float64 seconds since 1970 (UTC), or since the start of the recording where the source names no date;
      NaN where unknown. See `format_time`.
    - `split`: "train", "query" or "gallery".
    - `frame`: path of the picture in the source that the crop is cut from; None where the one at `path` is the crop.
    - `box_left`, `box_top`, `box_width`, `box_height`: where, float64 pixels of the upright frame; NaN without one.

    Raises ReidError, naming the row, when a column is missing, a path is absolute, leaves its folder or appears
    twice, a label is not text, a time is negative or past the year 9999, a split has another name, a frame has no box,
    or an identity is both in "train" and in "query"/"gallery".
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        missing = [column for column in COLUMNS if column not in self.table.columns]
        if missing:
            raise ReidError(f"The table of crops has no column {', '.join(missing)}.")
        table = self.table.reindex(columns=[*COLUMNS, "frame", *BOX_COLUMNS]).reset_index(drop=True)
        for column in ("path", "identity", "camera", "tracklet", "split", "frame"):
            values = table[column].astype(object)
            table[column] = values.where(values.notna(), None)
        for column in ("time", *BOX_COLUMNS):
            table[column] = table[column].astype(np.float64)
        object.__setattr__(self, "table", table)
        self._check_paths()
        self._check_boxes()
        self._check_values()
        self._check_splits()

    def _check_paths(self) -> None:
        for row, path in enumerate(self.table["path"]):
            if not isinstance(path, str) or not path:
                raise ReidError(f"Row {row} of the table of crops has no path.")
            if is_unsafe_path(path):
                raise Refused(f"Row {row}: the path {path!r} leads out of its folder; use paths inside it.")
        repeated = self.table["path"][self.table["path"].duplicated()]
        if len(repeated):
            raise ReidError(f"The path {repeated.iloc[0]!r} appears twice (row {repeated.index[0]}).")

    def _check_boxes(self) -> None:
        cut = self.table[self.table["frame"].notna()]
        for row, frame in cut["frame"].items():
            if not isinstance(frame, str) or not frame or is_unsafe_path(frame):
                raise Refused(f"Row {row}: the frame {frame!r} leads out of its folder; use paths inside it.")
        boxes = cut[list(BOX_COLUMNS)].to_numpy(np.float64)
        wrong = np.flatnonzero(~(np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1)))
        if len(wrong):
            row = cut.index[wrong[0]]
            raise ReidError(f"Row {row}: the box in {cut['frame'][row]!r} is none; give left, top, width and height.")

    def _check_values(self) -> None:
        for column in ("identity", "camera", "tracklet"):
            for row, label in enumerate(self.table[column]):
                if label is not None and not isinstance(label, str):
                    raise ReidError(f"Row {row}: the {column} {label!r} is not text; write it as {str(label)!r}.")
                if label is not None and "\0" in label:
                    raise ReidError(f"Row {row}: the {column} {label!r} has a character that no name has; take it out.")
        wrong = self.table["time"][(self.table["time"] < 0) | (self.table["time"] > LAST_CLOCK_TIME)]
        if len(wrong):
            raise ReidError(f"Row {wrong.index[0]}: the time {wrong.iloc[0]} is not in seconds since 1970.")

    def _check_splits(self) -> None:
        unknown = self.table[~self.table["split"].isin(SPLITS)]
        if len(unknown):
            raise ReidError(
                f"Row {unknown.index[0]}: the split is {unknown['split'].iloc[0]!r}; use train, query or gallery."
            )
        both = _people(self.table[self.table["split"] == "train"]) & _people(self.table[self.table["split"] != "train"])
        if both:
            raise Refused(
                f"Identity {min(both)!r} is in the training split and in the query or gallery split; "
                "figures measured on it would be worthless. Keep each identity on one side."
            )

    def __len__(self) -> int:
        return len(self.table)

    def of_split(self, *splits: str) -> Records:
        """The rows of the named splits, in order."""
        return Records(self.table[self.table["split"].isin(splits)])

    def identities(self) -> list[str]:
        """Labels of the people, sorted, without distractors and junk."""
        return sorted(_people(self.table))

    def cameras(self) -> list[str]:
        """Labels of the cameras, in natural order ("2" before "10")."""
        return natural_order(camera for camera in self.table["camera"] if camera is not None)

    def describe(self) -> str:
        """One line for people: "10,679 train, 663 query, 1,594 gallery crops, 751 identities, 6 cameras"."""
        sizes = self.table["split"].value_counts()
        splits = [f"{sizes[split]:,} {split}" for split in SPLITS if split in sizes]
        parts = [", ".join(splits) + f" {plural(len(self), 'crop', number=False)}"] if splits else ["no crops"]
        if identities := len(self.identities()):
            parts.append(plural(identities, "identity"))
        if cameras := len(self.cameras()):
            parts.append(plural(cameras, "camera"))
        return ", ".join(parts)


def make_records(**columns: object) -> Records:
    """Records from whole columns; those left out are unknown, the split is "gallery".

    `make_records(path=[...], identity=[...], camera=[...])`
    """
    table = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    for column in COLUMNS:
        if column not in table:
            table[column] = "gallery" if column == "split" else np.nan if column == "time" else None
    return Records(table)


def split_identities(records: Records, *, train_share: float = 0.5, seed: int = 0, purpose: str = "split") -> Records:
    """Divide labelled crops by identity into train and query/gallery, by a seeded hash of the label.

    The hash depends on the label alone, so a person stays on her side when the data set grows. `purpose` salts it: the
    people that one division put on a side are divided afresh by another, whatever the two seeds. In the test half, the
    first crop (by hash) of each identity in each camera becomes a query and the rest the gallery. Where that would
    leave a query without a match in another camera, one more crop stays in the gallery; a person of one crop is
    gallery. Crops without an identity, distractors and junk go to the gallery.

    Raises ReidError when `train_share` is outside 0..1.
    """
    if not 0 <= train_share <= 1:
        raise ReidError(f"The share of identities to train on is {train_share}; use a number from 0 to 1.")
    salt = f"{purpose}:{seed}" if purpose else str(seed)
    table = records.table
    people = table["identity"].notna() & ~table["identity"].isin([DISTRACTOR, JUNK])
    trained = {label for label in records.identities() if _hash_share(salt, label) < train_share}
    in_train = people & table["identity"].isin(trained)
    split = np.full(len(table), "gallery", dtype=object)
    split[in_train] = "train"
    tested = table.loc[people & ~in_train, ["path", "identity", "camera"]]
    split[_query_rows(tested.assign(order=[_hash_share(salt, path) for path in tested["path"]]))] = "query"
    return Records(table.assign(split=split))


def _query_rows(tested: pd.DataFrame) -> pd.Index:
    """Rows of `tested` (columns path, identity, camera, order) that become queries; see `split_identities`.

    With two cameras that keep a crop in the gallery every query has a match in another camera. With fewer, one camera
    of which there is a single crop gives that crop to the gallery instead of asking it.
    """
    tested = tested.sort_values("order", kind="stable")
    identity = tested["identity"]
    first = ~tested.duplicated(["identity", "camera"])
    repeated = tested.duplicated(["identity", "camera"], keep=False)
    known = tested["camera"].notna()
    cameras_kept = (first & repeated & known).groupby(identity).transform("sum")
    spare = tested[first & ~repeated & known & (cameras_kept < 2)]
    given_back = spare.index[~spare.duplicated("identity", keep="last")]
    alone = tested.index[~tested.duplicated("identity", keep=False)]
    return tested.index[first].difference(given_back).difference(alone)


def is_unsafe_path(path: str) -> bool:
    """Whether a path could lead out of the folder or archive that it is relative to."""
    plain = path.replace("\\", "/")
    has_drive = _DRIVE.match(plain) is not None
    return plain.startswith("/") or ".." in plain.split("/") or has_drive or "\0" in plain


def natural_order(labels: Iterable[str]) -> list[str]:
    """Distinct labels sorted as people count: "2" before "10", "camera-2" before "camera-10"."""
    return sorted(set(labels), key=_natural_key)


def _natural_key(label: str) -> tuple[list[tuple[int, str]], str]:
    # A number is compared by its length without zeros, then as text: int() refuses to read thousands of digits.
    parts = [part.lstrip("0") if part[:1] in "0123456789" else part for part in re.split("([0-9]+)", label)]
    return [(len(part) if place % 2 else 0, part) for place, part in enumerate(parts)], label


def whole_number(text: str | None, most: int = LARGEST_WHOLE) -> int | None:
    """The number that text from an address or option says in digits, from 0 to `most`; None for anything else.

    int() would take "٣" and "1_0" for numbers too, and raises for thousands of digits.
    """
    if text is None or not 0 < len(text) <= MOST_DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    return number if (number := int(text)) <= most else None


def harmless(value: object) -> object:
    """As a cell of a table for spreadsheets: text that one would take for a formula is quoted, as OWASP advises.

    The full-width signs are taken for the plain ones where Japanese or Chinese is spoken, and some programs cut blanks
    off in front before they look. Many end a cell at a semicolon or a tab, too, and a line anywhere, so what follows
    one of these within a text is quoted as well.
    """
    if not isinstance(value, str):
        return value
    is_formula = value[:1] in _BLANKS_OF_FORMULAS or value.lstrip()[:1] in _FORMULAS
    within = _NEXT_CELL.sub(lambda found: f"{found[1]}'{found[2]}" if found[2] else found[0], value)
    return f"'{within}" if is_formula else within


def plural(count: int, noun: str, *, number: bool = True) -> str:
    """ "1 camera", "6 cameras", "751 identities", "3 searches", "5 epochs", "2 people"."""
    hisses = noun.endswith(("s", "x", "ch", "sh")) and not noun.endswith("epoch")
    many = "people" if noun == "person" else noun[:-1] + "ies" if noun.endswith("y") else noun + "es" * hisses
    many += "s" * (many == noun)
    word = noun if count == 1 else many
    return f"{count:,} {word}" if number else word


def listed(names: Sequence[str], most: int = 5) -> str:
    """ "a, b and c"; of more than `most` the first: "a, b, c, d, e and 7 more"; a long name only in part."""
    shown = [shortened(name, 40) for name in (names if len(names) <= most + 1 else names[:most])]
    if len(shown) < len(names):
        shown.append(f"{len(names) - most:,} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def two_digits(value: float) -> str:
    """ "0.0012", "3.4", "100", "2,400": two significant digits, or whole numbers, and never an exponent."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 else f"{np.format_float_positional(rounded, trim='-')}"


def _people(table: pd.DataFrame) -> set[str]:
    return {label for label in table["identity"] if label is not None and label not in (DISTRACTOR, JUNK)}


def _hash_share(salt: str, text: str) -> float:
    digest = hashlib.sha256(f"{salt}:{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
