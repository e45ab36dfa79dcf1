"""The photos that are searched for, kept in the session: Streamlit drops an upload when the page is left.

The address names them where all are crops of a gallery, so that a search can be opened again; of an upload it says
nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from pages.components.shared import address, cached
from pages.components.shared.pictures import keep_showing, picture_url, show_photo
from pages.components.widgets.photo_stage.photo_stage import Cut
from pages.components.widgets.photo_tray.photo_tray import Role
from reid_core.errors import shortened
from reid_core.images import BadImage, decode, encoded, turned_and_cut
from reid_core.quality import flaws, measure
from reid_core.records import whole_number
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.galleries.browsing import some_people
from reid_core.workspace.imports.demo import GALLERY as DEMO
from reid_core.workspace.workspace import Workspace

PHOTOS, NUMBER, TROUBLE = "photos", "photo-number", "trouble"
PART, KEYS = "photos", ("crop", "not")  # of addresses
FORGET_CAMERA = "forget-camera"  # what was stated of the photos before does not hold for these
STAGED = "staged"  # the photo that is cropped and turned now
CONFIRMED_ALONE = "confirmed-alone"  # the case whose confirmed crops are searched with, without a photo
MOST = 12  # photos at once
state = st.session_state


@dataclass(frozen=True)
class Chosen:
    """A photo that is searched for, where it came from, what the catalogue knows of it and what is wrong with it.

    `number` tells it from others of the session. `scene` is the name and the bytes of the picture it was cut from,
    `cut_from` the crop that this is.
    """

    number: int
    name: str
    data: bytes
    sha256: str
    picture: str
    width: int
    height: int
    flaws: tuple[str, ...] = ()
    look: int = 0
    role: Role = "positive"
    crop: int | None = None
    camera: str | None = None
    time: float = float("nan")
    identity: str | None = None
    scene: tuple[str, bytes] | None = None
    cut_from: int | None = None

    @property
    def is_scene(self) -> bool:
        """Whether it looks like a whole scene: a person who stands or walks is taller than wide."""
        return self.crop is None and self.scene is None and self.width > self.height


def photos() -> tuple[Chosen, ...]:
    kept: tuple[Chosen, ...] = state.get(PHOTOS, ())
    return kept


def first() -> Chosen | None:
    """The photo that the hits are compared with first."""
    return next((photo for photo in photos() if photo.role == "positive"), None)


def _number() -> int:
    state[NUMBER] = int(state.get(NUMBER, 0)) + 1
    return int(state[NUMBER])


# --- making one ---


def of_upload(name: str, data: bytes) -> Chosen:
    """Raises BadImage for a photo that cannot be read."""
    image = decode(data)
    seen, sha256 = measure(image), hashlib.sha256(data).hexdigest()
    wrong = flaws(image.width, image.height, seen.sharpness, seen.brightness, seen.contrast)
    return Chosen(_number(), name, data, sha256, show_photo(image, sha256), image.width, image.height, wrong, seen.look)


def of_crop(workspace: Workspace, crop: int, role: Role = "positive") -> Chosen | None:
    """A crop of a gallery as the photo; None when it is gone. Raises BadImage when its picture is."""
    rows = workspace.catalogue.crops_of([crop])
    if rows.empty:
        return None
    row = rows.iloc[0]
    try:
        data = cached.read_picture(row["source"], row["path"])
    except BadImage as error:
        raise BadImage(f"The picture of crop {crop} ({row['path']}) cannot be read: {error}") from error
    image = decode(data)
    wrong = flaws(image.width, image.height, row["sharpness"], row["brightness"], row["contrast"])
    return Chosen(
        _number(), row["path"], data, hashlib.sha256(data).hexdigest(), picture_url(crop, row["sha256"]),
        image.width, image.height, wrong, measure(image).look, role, crop, row["camera"], row["time"], row["identity"],
    )  # fmt: skip


def cut(photo: Chosen, how: Cut) -> list[Chosen]:
    """The photos that the boxes make of it, or it as a whole, turned. The first has its role, further people are set
    aside: one search is for one person. Raises BadImage for a box that is too small."""
    name, data = photo.scene or (photo.name, photo.data)
    if not how.turn and not how.boxes:
        if not photo.scene:
            return [photo]
        whole_again = of_upload(name, data)
        return [
            dataclasses.replace(
                whole_again, role=photo.role, camera=photo.camera, time=photo.time, cut_from=photo.cut_from
            )
        ]
    whole, made = decode(data), []
    for place, box in enumerate(how.boxes or (None,), start=1):
        piece = of_upload(name, encoded(turned_and_cut(whole, how.turn, box)))
        label = f"{name.rpartition('/')[2]}, {f'box {place}' if box else 'turned'}"
        role: Role = photo.role if place == 1 else "aside"
        made.append(
            dataclasses.replace(
                piece, name=label, role=role, scene=(name, data), camera=photo.camera, time=photo.time,
                cut_from=photo.crop or photo.cut_from,
            )
        )  # fmt: skip
    return made


# --- which ones ---


def take(chosen: Iterable[Chosen]) -> None:
    """Search for these from now on; the address names them when they are crops."""
    state.pop(TROUBLE, None)
    _keep(chosen)
    state[FORGET_CAMERA] = True
    state.pop(STAGED, None)
    state.pop("only-new", None)
    state.pop(CONFIRMED_ALONE, None)
    say_address()


def add(chosen: Iterable[Chosen]) -> None:
    state.pop(TROUBLE, None)
    _keep((*photos(), *chosen))
    say_address()


def put(number: int, instead: Iterable[Chosen]) -> None:
    """Replace the photo of that number; by nothing to remove it."""
    kept = photos()
    at = next((place for place, photo in enumerate(kept) if photo.number == number), len(kept))
    _keep((*kept[:at], *instead, *kept[at + 1 :]))
    say_address()


def _keep(chosen: Iterable[Chosen]) -> None:
    every = tuple(chosen)
    state[PHOTOS] = every[:MOST]
    if len(every) > MOST:
        state[TROUBLE] = f"At most {MOST} photos are searched for at once; {len(every) - MOST} were left out."


def change_role(number: int, role: Role) -> None:
    state[PHOTOS] = tuple(with_role(photo, role) if photo.number == number else photo for photo in photos())
    say_address()


def search_only(number: int) -> None:
    """Search for the photo of that number, and set aside those that were searched for."""
    kept = ((photo, photo.number == number) for photo in photos())
    state[PHOTOS] = tuple(
        with_role(photo, "positive" if chosen else "aside" if photo.role == "positive" else photo.role)
        for photo, chosen in kept
    )
    state[FORGET_CAMERA] = True
    say_address()


def with_role(photo: Chosen, role: Role) -> Chosen:
    return dataclasses.replace(photo, role=role)


def take_crop(workspace: Workspace, crop: int) -> bool:
    """Search from this crop; False when it is gone."""
    return take_crops(workspace, [crop])


def take_crops(workspace: Workspace, crops: Iterable[int], negative: Iterable[int] = ()) -> bool:
    """Search from these crops, of the person and of somebody else; False when none of the person's is there."""
    state.pop(TROUBLE, None)
    wanted: list[tuple[int, Role]] = [(crop, "positive") for crop in crops]
    wanted += [(crop, "negative") for crop in negative]
    found = []
    for crop, role in wanted[:MOST]:
        try:
            photo = of_crop(workspace, crop, role)
        except BadImage as error:
            state[TROUBLE] = str(error)
            return True
        if photo is not None:
            found.append(photo)
    if not any(photo.role == "positive" for photo in found):
        return False
    take(found)
    return True


def say_address() -> None:
    """Put the crops into the address; nothing where a photo is none of a gallery's."""
    kept = [photo for photo in photos() if photo.role != "aside"]
    values = {}
    if kept and all(photo.crop is not None for photo in kept):
        for key, role in (("crop", "positive"), ("not", "negative")):
            values[key] = ",".join(str(photo.crop) for photo in kept if photo.role == role)
    address.say(PART, KEYS, values)


def follow_address(workspace: Workspace, gallery: GalleryInfo, *, from_another_page: bool = False) -> None:
    """Take up the crops that the address names when it names others than before; the demo starts with one.

    Who comes back from another page, whose link names no crop, finds the photos that she left.
    """
    if wanted := address.handed_crops():
        if not take_crops(workspace, wanted):
            state[TROUBLE] = "The crops that were chosen there are gone. Pick another, or drop a photo."
        return
    if from_another_page and "crop" not in st.query_params and photos():
        say_address()
        return
    found = address.asked(PART, KEYS, from_another_page=from_another_page, back_at_once=True)
    begun = PHOTOS not in state
    if found is None and not begun:
        return
    state.setdefault(PHOTOS, ())
    if found and "crop" in found:
        parts = found["crop"].split(","), found.get("not", "").split(",")
        whole = [[n for part in some if (n := whole_number(part)) is not None] for some in parts]
        if not whole[0] or not take_crops(workspace, *whole):
            state[TROUBLE] = f"There is no crop {shortened(found['crop'])} any more. Pick another, or drop a photo."
            address.say(PART, KEYS, {})
    elif begun and gallery.name == DEMO and gallery.models and "saved" not in st.query_params:
        trouble = state.get(TROUBLE)  # with the address: it is still to be said
        for example in some_people(workspace.catalogue, gallery.name, 1):
            take_crop(workspace, example)
        if trouble is not None:
            state[TROUBLE] = trouble
    elif not begun:
        state[PHOTOS] = ()


def keep_addresses() -> None:
    """See to it that every photo of the session can be asked for; others may have pushed it out of memory."""
    staged = [state[STAGED]] if STAGED in state else []
    shown = {photo.sha256: photo for photo in (*photos(), *staged) if photo.crop is None}
    for sha256 in keep_showing(shown):
        show_photo(decode(shown[sha256].data), sha256)
