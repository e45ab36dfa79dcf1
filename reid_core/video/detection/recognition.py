"""What a network that somebody brings is: a detector of people of a known format, or something else, which is said."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from reid_core.errors import Refused, ReidError, shown
from reid_core.video.detection.formats import FORMATS, Format, Port, Signature
from reid_core.video.detection.formats.form import cells

PEOPLE = ("person", "people", "persons", "pedestrian", "pedestrians", "human", "humans")
DENSE = (8, 16, 32)  # strides of a network with a box for each cell
MOST_NAMES = 2**16  # characters of a table of classes
NAMED = 5  # classes that a sentence shows


@dataclass(frozen=True)
class Recognised:
    """The format of a network, the number of its classes (0 where its file does not say), and that of people."""

    format: Format
    classes: int
    person: int


def recognise(signature: Signature, called: str, *, person: int | None = None, terms: str = "") -> Recognised:
    """What the network is, by the names and shapes of its outputs and its file's metadata.

    `person` is the number that the user says people have, `terms` the licence that the user states. Raises ReidError
    for what is no detector of a known format or finds no people, and Refused for one whose licence has to be stated
    first (the AGPL) or that may not be used commercially.
    """
    names = _class_names(signature.metadata)
    task = signature.metadata.get("task", "detect")
    if task != "detect":
        raise ReidError(
            f"{called} is made for another task, {shown(task, 40)}. Export a network that detects people, and add it."
        )
    _refuse_yolo_nas(signature, called)
    found = [(one, classes) for one in FORMATS.values() if (classes := one.fits(signature)) is not None]
    _refuse_agpl(signature, called, found[0][0] if found else None, terms)
    if not found:
        raise ReidError(_unknown(signature, called))
    form, classes = found[0]
    return Recognised(form, classes, _person(called, form, classes, names, person))


def _person(called: str, form: Format, classes: int, names: Mapping[int, str], stated: int | None) -> int:
    if stated is not None:
        if classes and stated >= classes:
            raise ReidError(f"{called} has {classes} classes, 0 to {classes - 1}: --person {stated} is none of them.")
        return stated
    if names:
        people = [number for number, name in sorted(names.items()) if name.strip().lower() in PEOPLE]
        if not people:
            some = ", ".join(shown(name, 40) for _, name in sorted(names.items())[:NAMED])
            more = ", …" if len(names) > NAMED else ""
            raise ReidError(
                f"{called} finds other things than people: its {len(names)} classes are {some}{more}. Add a detector "
                "of people; if one of its classes is people, say its number with --person."
            )
        return people[0]
    number = form.person(classes)
    if number is None:
        raise ReidError(
            f"{called} is {form.words} with {classes} classes, not the 80 of COCO, and does not say which is people: "
            "it may find other things. If one of them is people, say its number, from 0, with --person."
        )
    return number


def _refuse_agpl(signature: Signature, called: str, form: Format | None, terms: str) -> None:
    said = " ".join(signature.metadata.get(name, "") for name in ("author", "license", "description")).lower()
    is_theirs = "ultralytics" in said or "agpl" in said or (form is not None and form.name == "ultralytics")
    if is_theirs and not terms.strip():
        raise Refused(
            f"{called} is a YOLO of Ultralytics, under the AGPL-3.0: whoever lets others use a program with it over a "
            "network must give them the source of the whole. If that suits you, or you have Ultralytics' commercial "
            "licence, say which with --terms; YOLOX, RT-DETR, D-FINE and RF-DETR are free of that."
        )
    if is_theirs and (form is None or form.name != "ultralytics"):
        raise ReidError(
            f"{called} is an export of Ultralytics that is not read here. Export it with nms=False, as a network that "
            "detects, version 8 or later: its one output is then 1 × 84 × 8400."
        )


def _refuse_yolo_nas(signature: Signature, called: str) -> None:
    outputs = signature.outputs
    named = any(port.name.startswith("graph2_") for port in outputs)
    boxes = [port for port in outputs if port.is_shaped(1, None, 4) and port.last == 4]
    scores = [port for port in outputs if port.is_shaped(1, None, None) and port.last not in (4, None)]
    dense = len(outputs) == 2 and len(boxes) == len(scores) == 1 and _is_dense(signature, boxes[0], scores[0])
    if named or dense:
        raise Refused(
            f"{called} has the outputs of YOLO-NAS, whose trained weights may not be used commercially. Use another: "
            "YOLOX, RT-DETR, D-FINE and RF-DETR are free for any use."
        )


def _is_dense(signature: Signature, boxes: Port, scores: Port) -> bool:
    """Whether there is a box for each cell, as DETR and its kind have not."""
    if boxes.shape is None or scores.shape is None or boxes.shape[1] != scores.shape[1]:
        return False
    picture = signature.picture
    _, _, height, width = picture.shape if picture is not None and picture.shape is not None else (0,) * 4
    return bool(height and width and boxes.shape[1] == cells((width, height), DENSE))


def _unknown(signature: Signature, called: str) -> str:
    outputs = ", ".join(f"{port.name[:40]} {_lengths(port)}" for port in signature.outputs[:6])
    more = ", …" if len(signature.outputs) > 6 else ""
    if len(signature.outputs) == 1 and signature.outputs[0].is_shaped(None, None):
        return (
            f"{called} gives a vector or classes for each picture ({outputs}), and no boxes: it is not a "
            "detector. Add an embedder with `reid model add`."
        )
    known = ", ".join(dict.fromkeys(one.words for one in FORMATS.values() if one.name not in _NOT_OFFERED))
    return (
        f"{called} is not a detector of a format that is read here: its outputs are {outputs}{more}. The formats are "
        f"{known}, as their own tools export them."
    )


_NOT_OFFERED = ("ultralytics", "yolox-decoded")


def _lengths(port: Port) -> str:
    if port.shape is None:
        return "of any shape"
    return "×".join("?" if one is None else str(one) for one in port.shape)


def _class_names(metadata: Mapping[str, str]) -> dict[int, str]:
    """The table of classes that some exports keep, as `{0: 'person', …}` or a list; empty where there is none."""
    text = metadata.get("names") or metadata.get("classes") or ""
    if not text or len(text) > MOST_NAMES:
        return {}
    try:
        values = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        values = [part.strip() for part in re.split(r"[,\n]", text.strip("[]{} "))]
    if isinstance(values, list | tuple):
        values = dict(enumerate(values))
    if not isinstance(values, dict):
        return {}
    return {key: str(name) for key, name in values.items() if isinstance(key, int)}
