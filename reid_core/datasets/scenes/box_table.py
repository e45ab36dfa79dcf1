"""Tables of boxes: a row for each box, with the picture and four sides: `xmin, ymin, xmax, ymax`, `x, y, w, h` or
`cx, cy, w, h`, in pixels or, where no number is larger than 1, as shares of the picture.

Roboflow, TensorFlow's object detection and trackers write them. A column of classes (`class`, `label`) tells people
from things; `person_id` and others like it name a person of all films, `track_id` or an `id` that repeats one of the
film. In place of the picture there may be a `frame` with its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped
from reid_core.datasets.checks.annotations_of_many import FRAME_COLUMNS, SIDES, pictures_of_film
from reid_core.datasets.scenes.classes import PERSON_KEYS, TRACK_KEYS, is_class, is_person, label_of
from reid_core.datasets.scenes.scene import MAX_BOXES, Box, PersonBox, Scene, by_number, dataset_of, is_chosen, number
from reid_core.datasets.tables.columns import Found
from reid_core.datasets.tables.crop_rows import text_of_cell
from reid_core.datasets.tables.named_pictures import NamedPictures
from reid_core.datasets.tables.table_files import MAX_TABLE_BYTES, Preview, preview_table
from reid_core.datasets.tables.time_columns import read_times
from reid_core.errors import ReidError, shown
from reid_core.images import BadImage, upright_size

_CLASS_KEYS = ("class", "label", "category", "category_name", "class_name", "type", "object", "name", "labelname")
_SHARES = 1.01


@dataclass(frozen=True)
class _Columns:
    """Places of the columns, -1 for none. `form` is the place in `SIDES`: corners, left and size, centre and size."""

    image: int
    frame: int
    form: int
    sides: tuple[int, int, int, int]
    kind: int = -1
    identity: int = -1
    track: int = -1
    camera: int = -1
    time: int = -1


def read_box_table(listing: Listing, options: Options) -> Dataset | Declined:
    """People of all tables that hold boxes.

    Declined where the pictures are no frames with such boxes and it is not asked for. Raises ReidError where a table
    that was asked for cannot be parsed, and where no box is of a person.
    """
    if not is_chosen(listing, options, "box-table"):
        return Declined()
    scene = Scene()
    taken: set[str] = set()
    is_there = False
    for name in listing.tables:
        try:
            table = preview_table(name, listing.source.read(name, limit=MAX_TABLE_BYTES), MAX_BOXES + 1)
        except ReidError as error:
            if options.asked or listing.only:
                raise
            scene.skipped.append(Skipped(name, str(error)))
            continue
        if (columns := _find_columns(table, options.columns)) is None:
            scene.skipped.append(Skipped(name, "it has no columns for a picture and the four sides of a box"))
            continue
        is_there = True
        taken |= _read_rows(listing, name, table, columns, options, taken, scene)
    return dataset_of(listing, options, "table of boxes", scene) if is_there else Declined(tuple(scene.skipped))


def _find_columns(table: Preview, given: Mapping[str, str]) -> _Columns | None:
    """The columns by their usual names, those `given` first; None where there is no box or no picture."""
    places = {column.strip().lower(): place for place, column in reversed(list(enumerate(table.columns)))}

    def first(names: Sequence[str]) -> int:
        return next((places[name] for name in names if name in places), -1)

    def chosen(kind: str, otherwise: int) -> int:
        return places.get(given[kind].strip().lower(), -1) if kind in given else otherwise

    image = chosen("image", _place(table, table.found, "image"))
    frame = first(FRAME_COLUMNS)
    sides = [[first(names) for names in some] for some in SIDES]
    form = next((form for form, some in enumerate(sides) if -1 not in some and len(set(some)) == 4), -1)
    if form < 0 or (image < 0 and frame < 0):
        return None
    classes = [places[name] for name in _CLASS_KEYS if name in places]
    kind = next((place for place in classes if any(is_class(label) for label in _labels(table, place))), -1)
    identity = chosen("identity", first(PERSON_KEYS))
    track = chosen("tracklet", first(TRACK_KEYS))
    if "id" in places and track < 0 and identity < 0 and "identity" not in given:
        labels = _labels(table, places["id"])
        track = places["id"] if len(labels) < 3 or len(set(labels)) < len(labels) else -1
    if kind < 0 and identity < 0 and track < 0:
        kind = next(iter(classes), -1)
    kind = -1 if kind in (identity, track) else kind
    left, top, third, fourth = sides[form]
    camera = chosen("camera", _place(table, table.found, "camera"))
    time = chosen("time", _place(table, table.found, "time"))
    return _Columns(image, frame, form, (left, top, third, fourth), kind, identity, track, camera, time)


def _place(table: Preview, found: Found, kind: str) -> int:
    column = found.columns.get(kind)
    return table.columns.index(column) if column in table.columns else -1


def _labels(table: Preview, place: int) -> list[str]:
    return [label for row in table.rows[:20_000] if (label := label_of(text_of_cell(row[place])))]


def _read_rows(
    listing: Listing, name: str, table: Preview, columns: _Columns, options: Options, taken: set[str], scene: Scene
) -> set[str]:
    """Adds the people of a table, but for pictures that an earlier one tells of; returns the pictures it names."""
    named = NamedPictures(listing.pictures)
    numbered: dict[int, str] = {}
    if columns.image < 0:
        wanted = sorted({frame for row in table.rows if (frame := _whole(row[columns.frame])) >= 0})
        numbered = by_number(pictures_of_film(listing, name), wanted, first=1 if wanted and wanted[0] > 0 else 0)
    times = read_times([row[columns.time] for row in table.rows], options.time_zone, form=options.time_format) if (
        columns.time >= 0
    ) else None  # fmt: skip
    sizes: dict[str, tuple[int, int] | None] = {}
    are_shares = _are_shares(table, columns)
    seen: set[str] = set()
    nobody: Counter[str] = Counter()
    for place, row in enumerate(table.rows):
        where = f"row {place + 2} of {name}"
        try:
            picture = _picture(row, columns, named, numbered, name.rpartition("/")[0])
        except ValueError as error:
            scene.skipped.append(Skipped(where, str(error)))
            continue
        if picture in taken:
            scene.left_out["pictures that an earlier table has"] += 1
            continue
        seen.add(picture)
        if columns.kind >= 0 and not is_person(kind := text_of_cell(row[columns.kind]) or ""):
            nobody[kind] += 1
            continue
        box = _box([number(text_of_cell(row[side])) for side in columns.sides], columns.form)
        if are_shares:
            if picture not in sizes:
                sizes[picture] = _size(listing, picture)
            if (size := sizes[picture]) is None:
                scene.skipped.append(Skipped(where, f"the picture {shown(picture)} cannot be read"))
                continue
            box = (box[0] * size[0], box[1] * size[1], box[2] * size[0], box[3] * size[1])
        identity, track, camera = (
            label_of(text_of_cell(row[column])) if column >= 0 else None
            for column in (columns.identity, columns.track, columns.camera)
        )
        time = times.seconds[place] if times is not None and times.seconds else None
        told = {} if time is None else {"time": time}
        scene.add(PersonBox(picture, box, where, "", track, identity, camera, **told))
    for kind, count in nobody.items():
        scene.left_out[f"class {shown(kind, 40)}"] += count
    return seen


def _picture(
    row: Sequence[object], columns: _Columns, named: NamedPictures, numbered: Mapping[int, str], folder: str
) -> str:
    """Raises ValueError with the reason where the row names none."""
    if columns.image < 0:
        frame = _whole(row[columns.frame])
        if frame not in numbered:
            raise ValueError(f"the picture of frame {shown(row[columns.frame], 20)} is missing")
        return numbered[frame]
    text = text_of_cell(row[columns.image], number=False)
    if text is None or len(text) > 4096:
        raise ValueError("it names no picture")
    return named.find(text, folder)


def _whole(cell: object) -> int:
    value = number(text_of_cell(cell))
    return int(value) if 0 <= value < 1e9 and value.is_integer() else -1


def _box(sides: Sequence[float], form: int) -> Box:
    left, top, third, fourth = sides
    if form == 0:
        return left, top, third - left, fourth - top
    return (left, top, third, fourth) if form == 1 else (left - third / 2, top - fourth / 2, third, fourth)


def _are_shares(table: Preview, columns: _Columns) -> bool:
    sides = [number(text_of_cell(row[side])) for row in table.rows for side in columns.sides]
    finite = [side for side in sides if side == side]
    return bool(finite) and max(finite) <= _SHARES and min(finite) >= -1


def _size(listing: Listing, picture: str) -> tuple[int, int] | None:
    try:
        return upright_size(listing.source.read(picture))
    except BadImage:
        return None
