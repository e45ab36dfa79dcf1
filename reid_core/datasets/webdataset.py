"""Shards of samples, as WebDataset reads them: plain tar archives whose files belong together by name.

https://github.com/webdataset/webdataset: a sample is all files of one folder whose names are alike up to the first dot,
`000123.jpg`, `000123.json` and `000123.cls`. The picture is the crop; the JSON object tells of it under the names that
tables use for their columns ("identity", "pid", "camid", "timestamp", ...); `.cls` is the identity where the JSON has
none. `.txt` and other parts are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.datasets.table import implied_split, read_crop
from reid_core.datasets.table_files import find_columns
from reid_core.errors import ReidError
from reid_core.images import IMAGE_SUFFIXES, BadImage, is_hidden
from reid_core.json_text import read_json
from reid_core.sources import ImageSource
from reid_core.sources.tar import ShardSource, TarSource

MAX_PART_BYTES = 2**20  # of what is told of one picture
_PARTS = ("json", "cls")


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
    crops: dict[str, dict[str, object]] = {}
    known: set[str] = set()
    for key, picture in pictures.items():
        implied = implied_split(picture.partition("/")[0]) if several else None
        try:
            cells = _cells(source, parts.get(key, {}), options.columns)
            known |= cells.keys()
            crops[picture] = read_crop(cells, implied, f"the sample of {picture}", options.time_zone)
        except ValueError as error:
            skipped.append(Skipped(picture, str(error)))
    if missing := [(key, column) for key, column in options.columns.items() if key not in known]:
        raise ReidError(f"No sample's JSON has {missing[0][1]!r} for the {missing[0][0]}. Correct the name.")
    if not crops:
        return Declined(tuple(skipped))
    rows = {key: [crop[key] for crop in crops.values()] for key in ("identity", "camera", "time", "tracklet", "split")}
    records = build_records({"path": list(crops), **rows}, options)
    return Dataset(source.path, "WebDataset", records, (*listing.skipped, *skipped))


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


def _cells(source: ImageSource, parts: Mapping[str, str], given: Mapping[str, str]) -> dict[str, object]:
    """What the parts of a sample tell, as cells of a table. Raises ValueError with the reason."""
    told: dict[str, object] = _read_json(source, parts["json"]) if "json" in parts else {}
    cells = {key: told[column] for key, column in find_columns(list(told), given).items() if key != "image"}
    if cells.get("identity") is None and "cls" in parts:
        cells["identity"] = _read_text(source, parts["cls"])
    for key, value in cells.items():
        if not isinstance(value, str | int | float | None) or isinstance(value, bool):
            raise ValueError(f"the {key} of its sample is neither text nor a number")
        if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError(f"the {key} of its sample is not text in Unicode")
    return {key: value for key, value in cells.items() if not (key == "split" and value in (None, ""))}


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
