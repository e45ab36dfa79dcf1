"""Shards of samples, as WebDataset reads them: plain tar archives whose files belong together by name.

https://github.com/webdataset/webdataset: a sample is all files of one folder whose names are alike up to the first dot,
`000123.jpg`, `000123.json` and `000123.cls`. The picture is the crop; the JSON object tells of it under the names that
tables use for their columns ("identity", "pid", "camid", "timestamp", ...); `.cls` is the identity where the JSON has
none. `.txt` and other parts are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.datasets.tables.columns import GALLERY_MARK, QUERY_MARK, Found, candidates, find_columns
from reid_core.datasets.tables.table import (
    ReadCrops,
    describe_columns,
    describe_times,
    divide_by_marks,
    implied_split,
    read_column_of_times,
    read_crop,
)
from reid_core.errors import ReidError, shown
from reid_core.images import IMAGE_SUFFIXES, BadImage, is_hidden
from reid_core.json_text import read_json
from reid_core.sources import ImageSource
from reid_core.sources.tar import ShardSource, TarSource

MAX_PART_BYTES = 2**20  # of what is told of one picture
_PARTS = ("json", "cls")
_CLASS = ".cls"  # among the names of a sample's JSON


def read_webdataset(listing: Listing, options: Options) -> Dataset | Declined:
    """The crops of the samples; declined where the source is no tar or no picture has a part that tells of it.

    Without a split in the JSON, two shards or more called train..., query..., gallery... or test... are those splits;
    else identities are divided. A sample whose parts cannot be used, and further pictures of a sample, are skipped by
    name. Raises ReidError when a split has an unknown name, or no sample has a name that was given.
    """
    source = listing.source
    if not isinstance(source, ShardSource | TarSource):
        return Declined()
    pictures, skipped = _one_per_sample(listing.pictures)
    parts: dict[str, dict[str, str]] = {}
    shards = set()
    for name in source.names():
        key, kind = _sample(name)
        shards.add(name.partition("/")[0])
        if kind in _PARTS and key in pictures and not is_hidden(name):
            parts.setdefault(key, {}).setdefault(kind, name)
    if not parts:
        return Declined()
    several = isinstance(source, ShardSource) and len(shards) > 1
    told: dict[str, dict[str, object]] = {}
    for key, picture in pictures.items():
        try:
            told[picture] = _read_parts(source, parts.get(key, {}), options.columns)
        except ValueError as error:
            skipped.append(Skipped(picture, str(error)))
    found = _find_names(told, options)
    read = ReadCrops(skipped=skipped)
    cells: dict[str, dict[str, object]] = {}
    for picture, values in told.items():
        implied = implied_split(picture.partition("/")[0]) if several else None
        where = f"the sample of {picture}"
        try:
            cells[picture] = _cells(values, found, options)
            read.crops[picture] = read_crop(cells[picture], implied, where)
            read.keep_marks(picture, cells[picture], where)
        except ValueError as error:
            skipped.append(Skipped(picture, str(error)))
    if not read.crops:
        return Declined(tuple(skipped))
    _add_times(read, cells, found, options)
    divide_by_marks(read)
    records = build_records(read.columns(), options)
    return Dataset(
        source.path, "WebDataset", records, (*listing.skipped, *skipped), tuple(read.notes), tuple(read.incomplete)
    )


def _sample(name: str) -> tuple[str, str]:
    """What a sample's files share, and which part this one is: ("a/000123", "seg.png")."""
    folder, slash, file = name.rpartition("/")
    stem, _, kind = file.partition(".")
    return f"{folder}{slash}{stem}", kind.lower()


def _one_per_sample(names: tuple[str, ...]) -> tuple[dict[str, str], list[Skipped]]:
    """Sample -> its picture: the first with a plain suffix ("000123.jpg" before "000123.seg.png"), else the first."""
    chosen: dict[str, str] = {}
    for name in sorted(names, key=lambda name: f".{_sample(name)[1]}" not in IMAGE_SUFFIXES):
        chosen.setdefault(_sample(name)[0], name)
    pictures = {_sample(name)[0]: name for name in names if chosen[_sample(name)[0]] == name}
    others = [name for name in names if chosen[_sample(name)[0]] != name]
    return pictures, [Skipped(name, f"the picture of its sample is {chosen[_sample(name)[0]]}") for name in others]


def _read_parts(source: ImageSource, parts: Mapping[str, str], given: Mapping[str, str]) -> dict[str, object]:
    """What the parts of a sample tell, under names that are looked for. Raises ValueError with the reason."""
    told: dict[str, object] = _read_json(source, parts["json"]) if "json" in parts else {}
    lowered = {name.lower() for name in given.values()}
    named = {*candidates(list(told)), QUERY_MARK, GALLERY_MARK, *given.values()}
    values = {name: value for name, value in told.items() if name in named or name.lower() in lowered}
    if "cls" in parts:
        values[_CLASS] = _read_text(source, parts["cls"])
    return values


def _find_names(told: Mapping[str, Mapping[str, object]], options: Options) -> Found:
    """Which name in the JSON holds what, by what all samples say. Raises ReidError where a given name is nowhere."""
    columns: dict[str, list[object]] = {}
    for values in told.values():
        for name, value in values.items():
            if name != _CLASS:
                columns.setdefault(name, []).append(shown(value) if isinstance(value, list | dict) else value)
    found = find_columns(list(columns), options.columns, columns)
    if told and (
        missing := [(key, name) for key, name in options.columns.items() if name and key not in found.columns]
    ):
        raise ReidError(f"No sample's JSON has {shown(missing[0][1])} for the {missing[0][0]}. Correct the name.")
    return found


def _cells(values: Mapping[str, object], found: Found, options: Options) -> dict[str, object]:
    """A sample's values by what they hold: names may differ between samples. Raises ValueError with the reason."""
    names = [name for name in values if name not in found.rejected and name != _CLASS]
    columns = find_columns(names, options.columns).columns
    if "date" in found.columns:  # which is only seen in all samples together
        columns |= {kind: found.columns[kind] for kind in ("time", "date")}
    cells = {key: values.get(name) for key, name in columns.items() if key != "image"}
    if cells.get("identity") is None and _CLASS in values:
        cells["identity"] = values[_CLASS]
    for key, value in cells.items():
        is_scalar = isinstance(value, str | int | float | None) and not isinstance(value, bool)
        if not is_scalar and key not in ("time", "date"):
            raise ValueError(f"the {key} of its sample is neither text nor a number")
        if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError(f"the {key} of its sample is not text in Unicode")
        cells[key] = value if is_scalar else shown(value)
    cells |= {mark: values.get(name) for mark, name in found.marks.items()}
    return {key: value for key, value in cells.items() if not (key == "split" and value in (None, ""))}


def _add_times(read: ReadCrops, cells: Mapping[str, Mapping[str, object]], found: Found, options: Options) -> None:
    kinds: list[str] = [kind for kind in ("time", "date") if kind in found.columns]
    columns = {kind: [cells[picture].get(kind) for picture in read.crops] for kind in kinds}
    times = read_column_of_times(columns, found, options)
    without = []
    for place, (picture, crop) in enumerate(read.crops.items()):
        crop["time"] = times.seconds[place] if times.seconds else None
        if (problem := times.problems.get(place)) is not None:
            read.incomplete.append(Skipped(picture, f"without its time: {problem.value} {problem.why}"))
            without.append((f"the sample of {picture}", place))
    read.notes += [*describe_columns("JSON", (), found), *describe_times("JSON", times, without)]


def _read_json(source: ImageSource, name: str) -> dict[str, object]:
    try:
        told = read_json(_read_text(source, name))
    except ValueError as error:
        raise ValueError(f"{name} is not valid JSON ({error})") from error
    if not isinstance(told, dict):
        raise ValueError(f"{name} holds no object of names and values")
    return told


def _read_text(source: ImageSource, name: str) -> str:
    try:
        return source.read(name, limit=MAX_PART_BYTES).decode("utf-8-sig")
    except BadImage as error:
        raise ValueError(f"{name} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 text") from error
