"""The stage on which a photo is turned and cropped; in a scene, people are chosen, or boxes are drawn around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.widgets.events.events import TELLER, last_taken

_HERE = Path(__file__).parent
Box = tuple[float, float, float, float]
STAGE = (_HERE.parent / "stage.js").read_text(encoding="utf-8")  # stands before the script of who draws on a picture

_stage = st.components.v2.component(
    "retrace_photo_stage",
    html='<div class="stage" role="group"></div>',
    css=(_HERE / "photo_stage.css").read_text(encoding="utf-8"),
    js=TELLER
    + STAGE
    + "".join((_HERE / name).read_text(encoding="utf-8") for name in ("stage_people.js", "photo_stage.js")),
)


@dataclass(frozen=True)
class Cut:
    """Degrees clockwise, then boxes on the turned picture: left, top, width, height as shares of its sides.

    `people` has for each box the number of the person who was found there, 0 for a box that was drawn by hand. Where it
    is shorter, the rest was drawn by hand.
    """

    turn: int
    boxes: tuple[Box, ...]
    people: tuple[int, ...] = ()

    def person(self, place: int) -> int:
        """The number of the person in that box, counted from 0; 0 where it was drawn by hand."""
        return self.people[place] if place < len(self.people) else 0


@dataclass(frozen=True)
class Offered:
    """A person who was found in the turned picture, and the score that the detector gave."""

    number: int
    box: Box
    score: float


def photo_stage(
    picture: str,
    *,
    name: str,
    staging: int,
    width: int,
    height: int,
    scene: bool,
    said: str,
    people: Sequence[Offered],
    people_turn: int,
    begin: Cut,
    more: bool,
    key: str,
    taken: Mapping[str, int],
) -> None:
    """Draw the stage. What is done is told by `events.new_events`: `done`, see `cut_of`; `turned`, see `turn_of`, for
    people have to be looked for again; or `cancelled`.

    `picture` is an address, `width` and `height` are the photo's own pixels, `staging` is another number for another
    photo; a `scene` asks for a person first. `people` were found in the picture turned by `people_turn` degrees, and
    `said` tells what came of looking. At first it is turned, and people are chosen, as `begin` says. With `more`
    another photo is shown when this one is put away.
    """
    data: dict[str, Any] = {
        "picture": picture, "name": name, "staging": staging, "width": width, "height": height, "scene": scene,
        "said": said, "people": [[one.number, list(one.box), round(one.score, 2)] for one in people],
        "people_turn": people_turn, "more": more, "taken": last_taken(key, taken),
        "begin": {
            "turn": begin.turn,
            "picks": [[list(box), begin.person(place)] for place, box in enumerate(begin.boxes)],
        },
    }  # fmt: skip
    _stage(key=key, data=data, on_did_change=lambda: None)


def cut_of(done: Mapping[str, Any]) -> Cut:
    """What the event `done` says."""
    given = list(zip(done["boxes"], [*done.get("people", []), *[0] * len(done["boxes"])], strict=False))
    boxes = [tuple(min(1.0, max(0.0, float(share))) for share in box) for box, _ in given]
    kept = [((box[0], box[1], box[2], box[3]), max(0, int(who))) for box, (_, who) in zip(boxes, given, strict=True)
            if len(box) == 4]  # fmt: skip
    return Cut(turn_of(done), tuple(box for box, _ in kept), tuple(who for _, who in kept))


def turn_of(event: Mapping[str, Any]) -> int:
    """How far the picture is turned, in degrees clockwise: 0, 90, 180 or 270."""
    return int(event["turn"]) // 90 * 90 % 360
