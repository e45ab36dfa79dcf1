"""The photos that are searched for, kept in the session: Streamlit drops an upload when the page is left.

The address names them where all are crops of a gallery, so that a search can be opened again; of an upload it says
nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable

import streamlit as st

from pages.components.search.state import Chosen, desk
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

PART, KEYS = "photos", ("crop", "not")  # of addresses
MOST = 12  # photos at once


def photos() -> tuple[Chosen, ...]:
    return desk().photos or ()


def first() -> Chosen | None:
    """The photo that the hits are compared with first."""
    return next((photo for photo in photos() if photo.role == "positive"), None)


def _number() -> int:
    table = desk()
    table.number += 1
    return table.number


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


def whole_of(photo: Chosen) -> Chosen:
    """The photo that it was cut from, with its role and what is known of it; itself where it was not cut."""
    if photo.scene is None:
        return photo
    whole = of_upload(*photo.scene)
    return dataclasses.replace(
        whole, role=photo.role, camera=photo.camera, time=photo.time, cut_from=photo.cut_from, seen=photo.seen
    )


def cut(photo: Chosen, how: Cut, said: str = "") -> list[Chosen]:
    """The photos that the boxes make of it, or it as a whole, turned. The first has its role, further people are set
    aside: one search is for one person. Raises BadImage for a box that is too small."""
    if not how.turn and not how.boxes:
        return [whole_of(photo)]
    name, data = photo.scene or (photo.name, photo.data)
    whole, made = decode(data), []
    for place, box in enumerate(how.boxes or (None,)):
        piece = of_upload(name, encoded(turned_and_cut(whole, how.turn, box)))
        number = how.person(place)
        part = f"person {number}" if number else f"box {place + 1}" if box else "turned"
        role: Role = photo.role if place == 0 else "aside"
        made.append(
            dataclasses.replace(
                piece, name=f"{name.rpartition('/')[2]}, {part}", role=role, scene=(name, data), camera=photo.camera,
                time=photo.time, cut_from=photo.crop or photo.cut_from, seen=photo.seen, said=said,
                cut_by=Cut(how.turn, () if box is None else (box,), (number,)),
            )
        )  # fmt: skip
    return made


# --- which ones ---


def take(chosen: Iterable[Chosen]) -> None:
    """Search for these from now on; the address names them when they are crops."""
    table = desk()
    table.trouble = ""
    _keep(chosen)
    table.forget_camera = True
    table.staged = table.only_new = table.confirmed_alone = None
    table.waiting = ()
    say_address()


def add(chosen: Iterable[Chosen]) -> None:
    desk().trouble = ""
    _keep((*photos(), *chosen))
    say_address()


def put(number: int, instead: Iterable[Chosen]) -> None:
    """Replace the photo of that number; by nothing to remove it."""
    kept = photos()
    at = next((place for place, photo in enumerate(kept) if photo.number == number), len(kept))
    _keep((*kept[:at], *instead, *kept[at + 1 :]))
    say_address()


def _keep(chosen: Iterable[Chosen]) -> None:
    every, table = tuple(chosen), desk()
    table.photos = every[:MOST]
    if len(every) > MOST:
        table.trouble = f"At most {MOST} photos are searched for at once; {len(every) - MOST} were left out."


def change_role(number: int, role: Role) -> None:
    desk().photos = tuple(with_role(photo, role) if photo.number == number else photo for photo in photos())
    say_address()


def search_only(number: int) -> None:
    """Search for the photo of that number, and set aside those that were searched for."""
    kept, table = [(photo, photo.number == number) for photo in photos()], desk()
    table.photos = tuple(
        with_role(photo, "positive" if chosen else "aside" if photo.role == "positive" else photo.role)
        for photo, chosen in kept
    )
    table.forget_camera = True
    say_address()


def with_role(photo: Chosen, role: Role) -> Chosen:
    return dataclasses.replace(photo, role=role)


def take_crop(workspace: Workspace, crop: int) -> bool:
    """Search from this crop; False when it is gone."""
    return take_crops(workspace, [crop])


def take_crops(workspace: Workspace, crops: Iterable[int], negative: Iterable[int] = ()) -> bool:
    """Search from these crops, of the person and of somebody else; False when none of the person's is there."""
    table = desk()
    table.trouble = ""
    wanted: list[tuple[int, Role]] = [(crop, "positive") for crop in crops]
    wanted += [(crop, "negative") for crop in negative]
    found = []
    for crop, role in wanted[:MOST]:
        try:
            photo = of_crop(workspace, crop, role)
        except BadImage as error:
            table.trouble = str(error)
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
    table = desk()
    if wanted := address.handed_crops():
        if not take_crops(workspace, wanted):
            table.trouble = "The crops that were chosen there are gone. Pick another, or drop a photo."
        return
    if from_another_page and "crop" not in st.query_params and photos():
        say_address()
        return
    found = address.asked(PART, KEYS, from_another_page=from_another_page, back_at_once=True)
    begun = table.photos is None
    if found is None and not begun:
        return
    table.photos = table.photos or ()
    if found and "crop" in found:
        parts = found["crop"].split(","), found.get("not", "").split(",")
        whole = [[n for part in some if (n := whole_number(part)) is not None] for some in parts]
        if not whole[0] or not take_crops(workspace, *whole):
            table.trouble = f"There is no crop {shortened(found['crop'])} any more. Pick another, or drop a photo."
            address.say(PART, KEYS, {})
    elif begun and gallery.name == DEMO and gallery.models and "saved" not in st.query_params:
        trouble = table.trouble  # with the address: it is still to be said
        for example in some_people(workspace.catalogue, gallery.name, 1):
            take_crop(workspace, example)
        table.trouble = trouble or table.trouble
    elif not begun:
        table.photos = ()


def keep_addresses() -> None:
    """See to it that every photo of the session can be asked for; others may have pushed it out of memory."""
    staged = desk().staged
    every = (*photos(), *(() if staged is None else (staged.whole,)))
    shown = {photo.sha256: photo for photo in every if photo.crop is None}
    for sha256 in keep_showing(shown):
        show_photo(decode(shown[sha256].data), sha256)
