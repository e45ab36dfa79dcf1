"""The photo that is searched for: where it comes from, how it is shown, and what its camera means for the hits.

Its bytes are kept in the session, for Streamlit drops an upload when the page is left. The address names a photo that
is a crop of a gallery, so that a search can be opened again; of an upload it says nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import streamlit as st

from pages import common
from pages.components.gallery_grid import card_of, gallery_grid, rows_of
from reid_core.images import MAX_FILE_BYTES, BadImage, decode
from reid_core.workspace.browsing import some_people
from reid_core.workspace.demo import GALLERY as DEMO
from reid_core.workspace.rows import GalleryInfo
from reid_core.workspace.workspace import Workspace

PICTURES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff"]
EXAMPLES = 6
SMALL = 64  # pixels of height below which little can be told from a picture
state = st.session_state


@dataclass(frozen=True)
class Chosen:
    """A photo that is searched for: its bytes, where it came from, and what the catalogue knows of it."""

    name: str
    data: bytes
    picture: str
    width: int
    height: int
    crop: int | None = None
    camera: str | None = None
    time: float = float("nan")
    identity: str | None = None


def choose_upload(name: str, data: bytes) -> Chosen:
    """Raises BadImage for a photo that cannot be read."""
    image = decode(data)
    return Chosen(name, data, common.preview_of(image), image.width, image.height)


def choose_crop(workspace: Workspace, crop: int) -> Chosen | None:
    """A crop of a gallery as the photo; None when it is gone. Raises BadImage when its picture is."""
    rows = workspace.catalogue.crops_of([crop])
    if rows.empty:
        return None
    row = rows.iloc[0]
    try:
        data = common.read_picture(row["source"], row["path"])
    except BadImage as error:
        raise BadImage(f"The picture of crop {crop} ({row['path']}) cannot be read: {error}") from error
    image = decode(data)
    return Chosen(
        row["path"], data, common.preview_of(image), image.width, image.height, crop,
        row["camera"], row["time"], row["identity"],
    )  # fmt: skip


# --- which photo ---


def follow_address(workspace: Workspace, gallery: GalleryInfo, *, from_another_page: bool = False) -> None:
    """Take up the crop that the address names when it names another one than before; the demo starts with one.

    Who comes back from another page, whose link names no crop, finds the photo that she left.
    """
    asked = st.query_params.get("crop")
    if from_another_page and asked is None and state.get("photo") is not None:
        if state["photo"].crop is not None:
            st.query_params["crop"] = asked = str(state["photo"].crop)
        state["crop-followed"] = asked
    if asked == state.get("crop-followed") and "photo" in state:
        st.query_params["gallery"] = gallery.name
        return
    first = "photo" not in state
    state.setdefault("photo", None)
    if asked is not None:
        if not asked.isdecimal() or not take_crop(workspace, int(asked)):
            state["trouble"] = f"There is no crop {asked} any more. Pick another, or drop a photo."
            st.query_params.pop("crop", None)
    elif first and gallery.name == DEMO and gallery.models:
        for example in some_people(workspace.catalogue, gallery.name, 1):
            take_crop(workspace, example)
    elif not first:
        state["photo"] = None
    state["crop-followed"] = st.query_params.get("crop")
    st.query_params["gallery"] = gallery.name


def take(photo: Chosen | None) -> None:
    """Search for this photo from now on; the address names it when it is a crop."""
    state["photo"] = photo
    state["stated-camera"] = None
    state.pop("trouble", None)
    if photo is not None and photo.crop is not None:
        st.query_params["crop"] = str(photo.crop)
    else:
        st.query_params.pop("crop", None)
    state["crop-followed"] = st.query_params.get("crop")


def take_crop(workspace: Workspace, crop: int) -> bool:
    state.pop("trouble", None)
    try:
        photo = choose_crop(workspace, crop)
    except BadImage as error:
        state["trouble"] = str(error)
        return True
    if photo is not None:
        take(photo)
    return photo is not None


def take_upload() -> None:
    """Copy the uploaded bytes, for Streamlit drops them when the page is left; then empty the uploader."""
    number = state.get("uploads", 0)
    file = state.get(f"upload-{number}")
    if file is None:
        return
    state["uploads"] = number + 1
    state.pop("trouble", None)
    try:
        take(choose_upload(file.name, file.getvalue()))
    except BadImage as error:
        state["trouble"] = f"{file.name} cannot be used: {error}."


# --- the left side of the page ---


def draw_photo(workspace: Workspace, gallery: GalleryInfo, photo: Chosen | None) -> tuple[str | None, bool]:
    """The left side; returns the camera that the user states, and whether its own camera's hits are wanted."""
    camera, same_camera = None, False
    with st.container(key="photo"):
        if photo is None:
            common.heading("Who are you looking for?")
            common.text('<p class="rt-text">Drop a photo that is cropped to one person. It stays on this machine.</p>')
        else:
            draw_figure(photo)
            camera, same_camera = draw_camera(workspace, gallery, photo)
            st.button("Choose another person", on_click=take, args=(None,), width="stretch", key="browse")
        if "trouble" in state:
            common.problem("This did not work", state["trouble"])
    with st.container(key="another" if photo else "first"):
        if photo is not None and gallery.name == DEMO:
            draw_examples(workspace, gallery, photo)
        st.file_uploader(
            "Another photo" if photo else "Photo", PICTURES, key=f"upload-{state.get('uploads', 0)}",
            on_change=take_upload, label_visibility="collapsed", max_upload_size=MAX_FILE_BYTES // 2**20,
        )  # fmt: skip
        st.text_input(
            "Purpose", key="purpose", placeholder="Why you search", persist_state="session",
            help="Each search is written into the workspace's log, with this text.",
        )  # fmt: skip
    return camera, same_camera


def draw_figure(photo: Chosen) -> None:
    facts = f"{photo.width} × {photo.height} px"
    if photo.crop is not None:
        facts += f" · {common.camera_name(photo.camera)}"
    common.text(
        '<figure class="rt-figure"><div class="frame"><img src="{picture}" alt="The photo that is searched for"></div>'
        "<figcaption><b>{name}</b><span>{facts}</span><span>{time}</span></figcaption></figure>",
        picture=photo.picture,
        name=photo.name.rpartition("/")[2],
        facts=facts,
        time=common.shown_time(photo.time),
    )
    if photo.width > photo.height:
        hint = "Wider than tall: this looks like a whole scene. Crop it to one person, or everything in it is compared."
    elif photo.height < SMALL:
        hint = f"Only {photo.height} pixels high. Little can be told from it; use a larger crop if there is one."
    else:
        return
    common.text('<div class="rt-hint">{hint}</div>', hint=hint)


def draw_camera(workspace: Workspace, gallery: GalleryInfo, photo: Chosen) -> tuple[str | None, bool]:
    own = workspace.catalogue.find_picture(gallery.name, hashlib.sha256(photo.data).digest())
    camera = next((camera for camera in own["camera"] if camera is not None), None)
    stated = None
    if len(own):
        common.text(
            '<p class="rt-small">The photo is crop {crop} of {camera}. It is left out of the hits.</p>',
            crop=own["id"].iloc[0],
            camera=common.camera_name(camera),
        )
    cameras = common.gallery_facts(workspace, gallery).cameras
    if camera is None and cameras:
        if state.get("stated-camera") not in cameras:
            state["stated-camera"] = None
        camera = stated = st.selectbox(
            "Taken by", cameras, index=None, placeholder="Not known", format_func=common.camera_name,
            key="stated-camera", help="Hits of the photo's own camera say little, and can be left out.",
        )  # fmt: skip
    if camera is None:
        return None, False
    left_out = st.toggle(
        f"Leave out {common.camera_name(camera)}", value=True, key="leave-out", persist_state="session"
    )
    return stated, not left_out


def draw_examples(workspace: Workspace, gallery: GalleryInfo, photo: Chosen) -> None:
    people = workspace.catalogue.crops_of(some_people(workspace.catalogue, gallery.name, EXAMPLES))
    common.text('<p class="rt-label">Try another person</p>')
    cards = [{**card_of(row), "current": row["id"] == photo.crop} for row in rows_of(people)]
    crop = gallery_grid(cards, kind="strip", label="Examples", key="examples")
    if crop is not None and crop != photo.crop:
        take_crop(workspace, crop)
        st.rerun()
