"""Maps of galleries as files: how they are written, read, and forgotten crop by crop.

A map is one safetensors file, `maps/GALLERY@MODEL/LAYOUT.safetensors`, replaced by one rename. Its arrays have a row
for each crop, in the order of their ids. It is disposable, as an index is; but what it shows of a deleted crop goes
with the crop.
"""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import Damaged, NotThere, ReidError, why
from reid_core.files import one_at_a_time, write_atomically
from reid_core.json_text import read_json
from reid_core.projection.faithfulness import Faithfulness
from reid_core.projection.layout import Layout, Points
from reid_core.records import plural

FOLDER = "maps"
SUFFIX = ".safetensors"
NAMED = 20  # crops without a usable vector that are named
_ARRAYS = ("ids", "points", "neighbours", "similarities", "clusters", "placed", "unusable")
_KINDS = {"I64": np.int64, "I32": np.int32, "F32": np.float32, "F16": np.float16, "BOOL": np.bool_}


@dataclass(frozen=True)
class MapInfo:
    """What is known of a map without reading its arrays.

    `model` is an id, `at` ISO 8601, `seconds` how long it took, `seq` the catalogue's version when its vectors were
    read; `recall` of the neighbours is 1 where they are exact. `left_out` are ids of crops whose vectors are no numbers
    or have no direction (the first `NAMED`), `unusable` how many those are.
    """

    gallery: str
    model: str
    layout: Layout
    crops: int
    placed: int
    faithful: Faithfulness
    recall: float
    at: str
    seconds: float
    seq: int
    left_out: tuple[int, ...] = ()
    unusable: int = 0


@dataclass(frozen=True, eq=False)
class CropMap:
    """A map with its arrays, a row for each crop: `ids` (N,) rising, `points` (N, 2 or 3), rows of true `neighbours`
    (N, k) and their cosine `similarities`, `clusters` (N,), and which crops were `placed` (N,) after it was made.
    `unusable` (U,) are ids, rising, of crops that have no place, as their vectors are no numbers."""

    info: MapInfo
    ids: NDArray[np.int64]
    points: Points
    neighbours: NDArray[np.int32]
    similarities: NDArray[np.float16]
    clusters: NDArray[np.int32]
    placed: NDArray[np.bool_]
    unusable: NDArray[np.int64]


def map_file(workspace: Path, gallery: str, model: str, layout: str) -> Path:
    return workspace / FOLDER / f"{gallery}@{model}" / f"{layout}{SUFFIX}"


def lock(workspace: Path) -> Path:
    """Held while maps change."""
    folder = workspace / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "lock"


def read_map_file(file: Path) -> CropMap:
    """Its arrays are read where they are touched: whoever shows a map of a million crops needs few of their neighbours.

    Raises ReidError when the file is missing or damaged.
    """
    info = read_info(file)
    try:
        with file.open("rb") as opened:
            size = int.from_bytes(opened.read(8), "little")
            header = read_json(opened.read(size))
        arrays = [_mapped(file, 8 + size, header[name]) for name in _ARRAYS]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(file) from error
    made = CropMap(info, *arrays)
    rows = {len(array) for array in arrays[:-1]}
    if rows != {info.crops} or made.points.shape[1] != info.layout.dimensions:
        raise _damaged(file)
    return made


def _mapped(file: Path, start: int, entry: dict[str, Any]) -> NDArray[Any]:
    """An array of a safetensors file; see https://github.com/huggingface/safetensors#format."""
    shape, kind = tuple(entry["shape"]), _KINDS[entry["dtype"]]
    if 0 in shape:
        return np.empty(shape, kind)
    return np.memmap(file, kind, "r", start + entry["data_offsets"][0], shape)


def read_info(file: Path) -> MapInfo:
    """What is known of the map, without its arrays. Raises ReidError when the file is missing or damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as opened:
            values: dict[str, Any] = read_json((opened.metadata() or {})["map"])
        values["layout"] = Layout(**values["layout"])
        values["faithful"] = Faithfulness(**values["faithful"])
        values["left_out"] = tuple(values["left_out"])
        return MapInfo(**values)
    except FileNotFoundError as error:
        raise NotThere("This map is not there. Make it with `reid map`.") from error
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _damaged(file) from error


def _damaged(file: Path) -> Damaged:
    return Damaged(f"The map {file} is damaged. Make it again with `reid map`.")


def write_map_file(file: Path, made: CropMap) -> None:
    """Put it in place of the one there. Raises ReidError when there is no room."""
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(getattr(made, name)) for name in _ARRAYS}
    content = save(arrays, {"map": json.dumps(dataclasses.asdict(made.info))})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, lambda opened: opened.write(content))
    except OSError as error:
        raise ReidError(
            f"The map of {plural(len(made.ids), 'crop')} could not be kept in {file.parent}: "
            f"{why(error)}. Make room there and make it again."
        ) from error


# --- forgetting ---


def forget_on_maps(database: Connection, workspace: Path, gallery: str) -> None:
    """Take crops that the gallery no longer has off its maps; the maps of a gallery that is gone go whole."""
    files = list((workspace / FOLDER).glob(f"{gallery}@*/*"))
    if not files:
        return
    with one_at_a_time(lock(workspace)):
        there = crops_of(database, gallery)
        for file in files:
            if file.suffix == SUFFIX:
                _forget_on(file, there)
            else:
                file.unlink(missing_ok=True)  # what was found out about labels, or what a killed writer left behind
            with suppress(OSError):
                file.parent.rmdir()  # where nothing is left


def crops_of(database: Connection, gallery: str) -> NDArray[np.int64]:
    """Ids of all crops of the gallery; none where it is gone."""
    row = database.execute(
        "SELECT group_concat(id) FROM crop WHERE gallery = (SELECT key FROM gallery WHERE name = ?)", (gallery,)
    ).fetchone()
    return np.fromstring(row[0] or "", np.int64, sep=",")


def without_deleted(database: Connection, made: CropMap) -> CropMap:
    """The map without crops that its gallery no longer has. Raises ReidError when none is left."""
    there = crops_of(database, made.info.gallery)
    stays = np.isin(made.ids, there)
    if not stays.any():
        raise ReidError("The crops of this map were deleted while it was made.")
    return _without(made, stays, there) if _is_too_much(made, stays, there) else made


def _forget_on(file: Path, there: NDArray[np.int64]) -> None:
    try:
        made = read_map_file(file)
        stays = np.isin(made.ids, there)
        if not _is_too_much(made, stays, there):
            return
        if stays.any():
            write_map_file(file, _without(made, stays, there))
            return
    except (ReidError, IndexError):
        pass  # a map is disposable; what a deleted crop left in it is not to stay
    file.unlink(missing_ok=True)


def _is_too_much(made: CropMap, stays: NDArray[np.bool_], there: NDArray[np.int64]) -> bool:
    return not (stays.all() and np.isin(made.unusable, there).all())


def _without(made: CropMap, stays: NDArray[np.bool_], there: NDArray[np.int64]) -> CropMap:
    """The crops that stay. A neighbour that went is replaced by the next one that stays, or by the crop itself."""
    new_row = np.full(len(stays), -1, np.int32)
    new_row[stays] = np.arange(int(stays.sum()))
    neighbours = new_row[made.neighbours[stays]]
    order = np.argsort(neighbours < 0, axis=1, kind="stable")
    neighbours = np.take_along_axis(neighbours, order, 1)
    similarities = np.take_along_axis(made.similarities[stays], order, 1)
    own = np.arange(len(neighbours), dtype=np.int32)[:, None]
    unusable = made.unusable[np.isin(made.unusable, there)]
    placed = made.placed[stays]
    info = dataclasses.replace(
        made.info, crops=int(stays.sum()), placed=int(placed.sum()), left_out=tuple(unusable[:NAMED].tolist()),
        unusable=len(unusable),
    )  # fmt: skip
    return CropMap(
        info,
        made.ids[stays],
        made.points[stays],
        np.where(neighbours < 0, own, neighbours).astype(np.int32),
        np.where(neighbours < 0, np.float16(1), similarities),
        made.clusters[stays],
        placed,
        unusable,
    )
