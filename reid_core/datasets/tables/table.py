"""Tables that name pictures, alone or beside them: which rows mean which pictures, and what they tell.

Columns are found by the names that people use, whatever the case, and by what stands in them; `columns={"identity":
"who"}` names others. A file of `records_to_parquet` is taken at its word.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.datasets.labels import identity_label
from reid_core.datasets.readers.folders import tells_identities
from reid_core.datasets.tables.columns import GALLERY_MARK, QUERY_MARK, Found
from reid_core.datasets.tables.crop_rows import implied_split, mark_of, read_crop, text_of_cell
from reid_core.datasets.tables.named_pictures import NamedPictures
from reid_core.datasets.tables.picture_columns import guess_picture_column
from reid_core.datasets.tables.table_files import COLUMN_NAMES, MAX_TABLE_BYTES, Table, may_name_pictures, parse_table
from reid_core.datasets.tables.table_words import describe_cameras, describe_columns, describe_times
from reid_core.datasets.tables.time_columns import Times, read_dates_and_times, read_times
from reid_core.errors import ReidError, shown
from reid_core.images import BadImage
from reid_core.records import listed, plural

MAX_PATH = 4096  # characters


def read_table(listing: Listing, options: Options) -> Dataset | Declined:
    """The crops that tables name; declined where no table can be used and the format was not asked for.

    Identity "-1" means junk. Without a column for the split, two tables or more called train..., query..., gallery...
    or test... are those splits; one table is divided by identity, and its test half as `is_query` and `is_gallery` say.
    Rows whose picture is unsafe, missing, ambiguous or named before are skipped by name; a wrong time costs the time.

    Where half of the pictures of a table or more have rows of several people, ReidError says that these are boxes,
    but not where the caller named the format.

    Where the format was not asked for, a table that cannot be used is skipped by name too. But one that is broken and
    was meant to name pictures raises ReidError where skipping it would lose what is known of people: beside a table
    that is used, and where the folders do not tell identities either.

    Raises ReidError when a table that was asked for cannot be parsed or is too large, a named column is absent, a
    split has an unknown name, or no row can be used.
    """
    usable: list[Table] = []
    useless: list[Table] = []
    skipped: list[Skipped] = []
    notes: list[str] = []
    pictures = functools.cache(lambda: NamedPictures(listing.pictures))
    broken: ReidError | None = None
    for name in listing.tables:
        data: bytes | None = None
        try:
            data = _read(listing, name)
            table, guess = _parse(name, data, pictures, options)
        except ReidError as error:
            if options.required:
                raise
            skipped.append(Skipped(name, str(error)))
            if broken is None and (data is None or may_name_pictures(name, data)):
                broken = error
        else:
            (usable if "image" in table.cells else useless).append(table)
            notes += guess
    if options.required:
        _check_columns(usable, useless, options.columns)
    skipped += [Skipped(table.name, "it has no column that names pictures") for table in useless]
    read = _read_crops(usable, listing.pictures, options)
    if usable and not read.crops:
        names_none = _names_no_picture(usable, read.skipped)
        if options.required:
            raise names_none
        broken = broken or names_none
        skipped += [Skipped(table.name, "no row of it names a picture that is there") for table in usable]
    if broken is not None and (read.crops or not tells_identities(listing.pictures, options)):
        raise ReidError(f"{broken} Choose the format 'flat' to read the pictures without any table.") from broken
    if not read.crops:
        return Declined(tuple(skipped))
    is_excerpt = all(table.is_export for table in usable)  # an export may well be of a part
    left = () if is_excerpt else [name for name in listing.pictures if name not in read.named]
    unnamed = [Skipped(name, "no row of a table names it") for name in left]
    return Dataset(
        listing.source.path,
        "table",
        build_records(read.columns(), options),
        (*listing.skipped, *skipped, *read.skipped, *unnamed),
        notes=(*notes, *read.notes),
        incomplete=tuple(read.incomplete),
    )


@dataclass
class ReadCrops:
    """What tables tell of pictures, by path; `skipped` and `incomplete` name rows, `notes` are sentences."""

    crops: dict[str, dict[str, object]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)  # by any row, also by those that cannot be used
    marks: dict[str, tuple[bool | None, bool | None]] = field(default_factory=dict)  # is it a query, and of the gallery
    skipped: list[Skipped] = field(default_factory=list)
    incomplete: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def keep_marks(self, path: str, cells: Mapping[str, object], where: str) -> None:
        """Raises ReidError for a mark that is neither yes nor no."""
        if QUERY_MARK in cells or GALLERY_MARK in cells:
            self.marks[path] = (mark_of(cells, QUERY_MARK, where), mark_of(cells, GALLERY_MARK, where))

    def columns(self) -> dict[str, list[object]]:
        kinds = ("identity", "camera", "time", "tracklet", "split")
        return {"path": list(self.crops), **{kind: [crop[kind] for crop in self.crops.values()] for kind in kinds}}


def _read_crops(tables: list[Table], names: tuple[str, ...], options: Options) -> ReadCrops:
    read = ReadCrops()
    for table in tables:
        pictures = NamedPictures(names, () if table.is_export else _paths(table))
        implied = implied_split(table.name) if len(tables) > 1 else None
        times = read_column_of_times(table.cells, table.found, options) if not table.is_export else Times([], {})
        without: list[tuple[str, int]] = []
        several: set[str] = set()  # pictures with rows of different people, or of no one
        found: set[str] = set()
        for place, row in enumerate(table.rows):
            where = f"row {row} of {table.name}"
            cells = {key: column[place] for key, column in table.cells.items()}
            try:
                path = _find(pictures, cells["image"], table)
                if path in found and _tells_another(read.crops.get(path), cells, table):
                    several.add(path)
                found.add(path)
                if path in read.crops:
                    raise ValueError(f"the picture {shown(path)} is named by an earlier row")
                if table.is_export:
                    read.crops[path] = cells
                    continue
                crop = read_crop(cells, implied, where) | {"time": times.seconds[place] if times.seconds else None}
            except ValueError as error:
                read.skipped.append(Skipped(where, str(error)))
                continue
            read.crops[path] = crop
            read.keep_marks(path, cells, where)
            if place in times.problems:
                problem = times.problems[place]
                read.incomplete.append(Skipped(where, f"without its time: {problem.value} {problem.why}"))
                without.append((where, place))
        read.named |= found
        if found and 2 * len(several) >= len(found) and not options.asked:
            raise _are_boxes(table.name, several, found)
        read.notes += [
            *describe_columns(table.name, table.there, table.found),
            *describe_cameras(table),
            *describe_times(table.name, times, without),
        ]
    divide_by_marks(read)
    _settle_blank_splits(read)
    return read


def _settle_blank_splits(read: ReadCrops) -> None:
    """A crop whose cell of the split is empty, among others that tell theirs, goes where its person's others are: a
    person of the training is not tested. Those of other people are divided.
    """
    blank = [crop for crop in read.crops.values() if crop["split"] is None]
    if not blank or len(blank) == len(read.crops):
        return
    trained = {crop["identity"] for crop in read.crops.values() if crop["split"] == "train"} - {None}
    tested = {crop["identity"] for crop in read.crops.values() if crop["split"] not in (None, "train")} - {None}
    for crop in blank:
        if crop["identity"] in trained:
            crop["split"] = "train"
        elif crop["identity"] in tested:
            crop["split"] = "gallery"
    read.notes.append(
        f"{plural(len(blank), 'crop')} {'has' if len(blank) == 1 else 'have'} no split: they go where their person's "
        "other crops are, and are divided by person where there are none."
    )


def _parse(name: str, data: bytes, pictures: Callable[[], NamedPictures], options: Options) -> tuple[Table, list[str]]:
    """The table, and what was guessed of it: the column of pictures where none has a usual name."""
    table = parse_table(name, data, options.columns)
    if "image" in table.cells or "image" in options.columns:
        return table, []
    column = guess_picture_column(name, data, pictures)
    if column is None:
        return table, []
    given = {**options.columns, "image": column}
    if table.found.columns.get("identity") == column and "identity" not in given:  # a "name" of a file
        given["identity"] = ""
    said = f"{name}: {shown(column)} is taken for the picture, as its cells name pictures that are there: a guess."
    return parse_table(name, data, given), [said]


def _tells_another(crop: Mapping[str, object] | None, cells: Mapping[str, object], table: Table) -> bool:
    """Whether a later row of a picture tells of another person, or there are no people: two captions are no boxes."""
    if "identity" not in table.cells or crop is None:
        return True
    identity = text_of_cell(cells["identity"])
    return (None if identity is None else identity_label(identity)) != crop["identity"]


def _are_boxes(name: str, several: set[str], found: set[str]) -> ReidError:
    return ReidError(
        f"Several rows of {name} name the same picture, with another person or none, for {len(several):,} of "
        f"{plural(len(found), 'picture')}, such as {shown(min(several))}: are these boxes in frames? Then write "
        "their sides into columns xmin, ymin, xmax, ymax. To take the first row of each picture, give --format table."
    )


def _find(pictures: NamedPictures, image: object, table: Table) -> str:
    folder = posixpath.dirname(table.name)
    if table.is_export and image is not None:
        return pictures.find_exactly(image, folder)
    text = text_of_cell(image, number=False)
    if text is None:
        raise ValueError("it names no picture")
    if len(text) > MAX_PATH:
        raise ValueError(f"the path {shown(text)} has more than {MAX_PATH:,} characters")
    return pictures.find(text, folder)


def _paths(table: Table) -> Iterator[str]:
    texts = (text_of_cell(image, number=False) for image in table.cells["image"])
    return (text for text in texts if text is not None and len(text) <= MAX_PATH)


def read_column_of_times(cells: Mapping[str, list[object]], found: Found, options: Options) -> Times:
    """The times of the column, or of two of which one holds the date."""
    if "time" not in cells:
        return Times([], {})
    if "date" in cells:
        return read_dates_and_times(cells["date"], cells["time"], options.time_zone, options.time_format)
    column = found.columns["time"]
    return read_times(cells["time"], options.time_zone, form=options.time_format, column=column)


def divide_by_marks(read: ReadCrops) -> None:
    """The test half as the marks of open-metric-learning say; rows that are neither are skipped."""
    tested = {
        path: marks
        for path, marks in read.marks.items()
        if (split := read.crops[path]["split"]) == "test" or (split is None and marks != (None, None))
    }
    both = sum(bool(asked) and bool(kept) for asked, kept in tested.values())
    only_asked = any(asked and not kept for asked, kept in tested.values())
    only_kept = any(kept and not asked for asked, kept in tested.values())
    either = "gallery" if only_asked else "query" if only_kept else "test"
    if both:
        meant = "divided into the two" if either == "test" else f"taken for {either}"
        read.notes.append(f"{plural(both, 'crop')} said to be query and gallery at once: {meant}.")
    for path, marks in read.marks.items():
        asked, kept = marks
        if path not in tested:
            if read.crops[path]["split"] is None:
                read.crops[path]["split"] = "train"  # marked as neither: no part of the test half
        elif asked or kept:
            read.crops[path]["split"] = either if asked and kept else "query" if asked else "gallery"
        else:
            del read.crops[path]
            read.skipped.append(Skipped(path, "its row says that it is neither query nor gallery"))


def _names_no_picture(tables: list[Table], skipped: list[Skipped]) -> ReidError:
    why = f" {skipped[0].path}: {skipped[0].reason}." if skipped else " It has no rows."
    names = listed([table.name for table in tables])
    return ReidError(f"No row of {names} names a picture that is there.{why} Correct the paths.")


def _read(listing: Listing, name: str) -> bytes:
    try:
        return listing.source.read(name, limit=MAX_TABLE_BYTES)
    except BadImage as error:
        raise ReidError(f"The table {name} cannot be used: {error}.") from error


def _check_columns(usable: list[Table], useless: list[Table], given: Mapping[str, str]) -> None:
    tables = [*usable, *useless]
    if not tables:
        raise ReidError("There is no table (.csv, .tsv or .parquet).")
    there = listed(list(dict.fromkeys(column for table in tables for column in table.there)), most=20)
    names = listed([table.name for table in tables])
    reasons = [reason for table in tables for reason in table.found.words]
    for key, column in given.items():
        if column and not any(key in table.cells for table in usable):
            why = "".join(f" {reason}." for reason in reasons if reason.startswith(shown(column, 40)))
            raise ReidError(f"{names} has no column {shown(column)} for the {key}. Its columns are: {there}.{why}")
    if not usable:
        raise ReidError(
            f"{names} has no column that names pictures ({', '.join(COLUMN_NAMES['image'])}). "
            f"Its columns are: {there}. {''.join(f'{reason}. ' for reason in reasons[:3])}Say which one it is."
        )
