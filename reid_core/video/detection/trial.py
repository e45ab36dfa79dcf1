"""A network tried on a drawn street before it is taken as a detector; it says how its pictures go in, too.

Shapes alone do not tell a detector: whatever gives numbers of that shape would pass, and find nobody in any recording.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from reid_core.errors import ReidError
from reid_core.openvino_networks import read_network
from reid_core.video.boxes import Detections, overlaps
from reid_core.video.detection.card import LARGEST_SIDE, SMALLEST_SIDE, DetectorCard, Input, Tiles
from reid_core.video.detection.detector import load_detector, network_file
from reid_core.video.detection.formats import FORMATS, Format, Outputs, Signature
from reid_core.video.detection.formats.ssd import ROW
from reid_core.video.detection.formats.yolox import is_decoded
from reid_core.video.detection.network import compiled, signature_of
from reid_core.video.detection.placing import filled, parts_of
from reid_core.video.detection.recognition import Recognised, recognise
from reid_core.video.detection.scene import PEOPLE, drawn_people, drawn_scene

ROUNDING = 1e-3  # by which a score may be outside of 0 to 1
THERE = 0.5  # overlap from which a box is about a drawn person
FAR = 4.0  # sides of the input to which a box may reach beyond it
STRIDE = 32  # of which a network's sides are multiples


@dataclass(frozen=True)
class Given:
    """What the user states of a detector; None and "" where nothing is stated. `size` is width and height."""

    name: str
    size: tuple[int, int] | None = None
    person: int | None = None
    tiles: Tiles = (1, 1)
    terms: str = ""
    source: str = ""
    data: str = ""


class Tried(TypedDict):
    """What a trial found: the detector's format in words, its people among `drawn`, and a warning, or ""."""

    words: str
    found: int
    drawn: int
    warning: str


def try_detector(folder: Path, called: str, given: Given, metadata: dict[str, str]) -> Tried:
    """Recognise the network in a detector's folder, run it on the drawn street, and write its card.

    Raises ReidError, which calls the file `called`, when it is no detector of people that can be run here.
    """
    file = network_file(folder)
    signature = signature_of(read_network(file, called), metadata)
    known = recognise(signature, called, person=given.person, terms=given.terms)
    form, person = known.format, known.person
    taken, outputs = _run(file, called, signature, form, given)
    if form.name == "yolox" and is_decoded(outputs, (taken.width, taken.height)):
        form = FORMATS["yolox-decoded"]
    if form.name == "ssd" and given.person is None:
        person = _ssd_person(outputs, person, form.detect)
    if not all(np.isfinite(values).all() for values in outputs.values()):
        raise ReidError(f"{called} gives numbers that are not finite for a picture. Export it again.")
    _refuse_answers(_decoded(outputs, form, taken, person, called), taken, called)
    card = DetectorCard(
        given.name,
        form.name,
        taken,
        person,
        form.detect,
        form.match,
        form.track,
        form.nms,
        given.tiles,
        source=given.source or "not stated",
        licence=given.terms or "not stated",
        data=given.data or "not stated",
    )
    card.write(folder)
    found = load_detector(folder).detect(drawn_scene())
    shared = overlaps(drawn_people(), found.of(found.scores >= card.match).boxes)
    sure = int((shared.max(axis=1, initial=0) >= THERE).sum())
    return {"words": _words(form, known), "found": sure, "drawn": PEOPLE, "warning": _warning(called, sure)}


def _run(file: Path, called: str, signature: Signature, form: Format, given: Given) -> tuple[Input, Outputs]:
    """What the network gives for the drawn street, and the input with which it runs: the format's own size where the
    network takes any, else that of its file."""
    fixed = _fixed_size(signature)
    wanted = given.size or (fixed if fixed and not form.input.reshapes else (form.input.width, form.input.height))
    own = fixed or wanted
    sizes = [wanted] if given.size else list(dict.fromkeys([wanted, own]))
    failed: ReidError | None = None
    for width, height in sizes:
        taken = _input(form, width, height, reshapes=form.input.reshapes and (width, height) != fixed, called=called)
        try:
            if taken.reshapes:
                upright = dataclasses.replace(taken, width=taken.height, height=taken.width)
                _decoded(_outputs(file, upright, called), form, upright, 0, called)
            outputs = _outputs(file, taken, called)
            _decoded(outputs, form, taken, 0, called)
            return taken, outputs
        except ReidError as error:
            failed = failed or error
    raise failed or ReidError(f"{called} cannot be run.")


def _input(form: Format, width: int, height: int, *, reshapes: bool, called: str) -> Input:
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        raise ReidError(
            f"{called} would take pictures of {width}x{height} px; a detector's sides are {SMALLEST_SIDE} to "
            f"{LARGEST_SIDE} px. Give another --size."
        )
    if form.input.reshapes and (width % STRIDE or height % STRIDE):
        raise ReidError(f"--size {height}x{width}: each side of {form.words} is a multiple of {STRIDE} px.")
    return dataclasses.replace(form.input, width=width, height=height, reshapes=reshapes)


def _outputs(file: Path, taken: Input, called: str) -> Outputs:
    picture = drawn_scene()
    (whole,) = parts_of(picture.shape[1], picture.shape[0], (1, 1))
    return compiled(file, taken, called, 1)(filled(picture, whole, taken))


def _fixed_size(signature: Signature) -> tuple[int, int] | None:
    picture = signature.picture
    if picture is None or picture.shape is None:
        return None
    _, _, height, width = picture.shape
    return (width, height) if width is not None and height is not None else None


def _decoded(outputs: Outputs, form: Format, taken: Input, person: int, called: str) -> Detections:
    try:
        return form.decode(outputs, (taken.width, taken.height), person, -np.inf)
    except (ValueError, IndexError, KeyError, StopIteration) as error:
        shapes = ", ".join(f"{name[:40]} {values.shape}" for name, values in outputs.items())
        raise ReidError(
            f"{called} names its outputs like {form.words}, but they have other shapes for a picture: {shapes}. "
            "Export it again as its authors do."
        ) from error


def _refuse_answers(found: Detections, taken: Input, called: str) -> None:
    """Raises ReidError for numbers that are no scores or no boxes."""
    if len(found) and (found.scores.min() < -ROUNDING or found.scores.max() > 1 + ROUNDING):
        raise ReidError(
            f"{called} gives scores of {found.scores.min():.3g} to {found.scores.max():.3g}, which are not within 0 "
            "to 1. Export it with the sigmoid of its classes inside."
        )
    best = found.of(found.scores >= np.quantile(found.scores, 0.99)) if len(found) else found
    reach = FAR * max(taken.width, taken.height)
    if len(best) and (np.abs(best.boxes).max() > reach or (best.boxes[:, 2:] < best.boxes[:, :2] - 1).any()):
        raise ReidError(
            f"{called} gives boxes that cannot be: far outside the picture, or with their right edge on the left. "
            "Export it again as its authors do."
        )


def _ssd_person(outputs: Outputs, usual: int, least: float) -> int:
    """People are class 1, and 0 where the network gives that alone: then it counts without a background."""
    (table,) = outputs.values()
    rows = table.reshape(-1, ROW)
    seen = set(rows[(rows[:, 0] >= 0) & (rows[:, 2] >= least)][:, 1].astype(int).tolist())
    return 0 if seen == {0} else usual


def _words(form: Format, known: Recognised) -> str:
    classes = {0: "", 1: "people alone", 80: "the 80 classes of COCO"}.get(known.classes, f"{known.classes} classes")
    return f"{form.words}, {classes}" if classes else form.words


def _warning(called: str, sure: int) -> str:
    if sure:
        return ""
    return (
        f"{called} finds none of the {PEOPLE} people in a drawn street, where other detectors find all. Try it on one "
        "of your photos (`reid search PHOTO --detector NAME`) before you analyse hours of video with it."
    )
