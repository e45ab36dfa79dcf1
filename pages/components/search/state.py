"""What lies on the analyst's desk: photos, the open case, the answer, what is compared, how far events were taken up.

It is one object of the session, changed in place. Each access to Streamlit's session state is a point at which a run
may be ended for the next key that was pressed: between a verdict that is kept and the note that it was taken up there
must be none. Only what fields hold is kept under keys of their own, for Streamlit needs them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pages.components.shared.session import kept
from pages.components.widgets.photo_stage.photo_stage import Cut
from pages.components.widgets.photo_tray.photo_tray import Role
from reid_core.workspace.search.scene_photos import Seen
from reid_core.workspace.search.searching import Answer

TRAY, STAGE = "tray", "stage"  # keys of the two components that show photos
# Keys of fields.
VIEW, RERANK, BLIND = "view", "rerank", "blind"
PURPOSE = "purpose"
ADD_PHOTOS, TAKEN_BY, LEAVE_OUT = "add-photos", "stated-camera", "leave-out"

SHORT = 12  # groups at first: long lists make people err


@dataclass(frozen=True)
class Chosen:
    """A photo that is searched for, where it came from, what the catalogue knows of it and what is wrong with it.

    `number` tells it from others of the session. `scene` is the name and the bytes of the picture it was cut from,
    `cut_by` how, and `cut_from` the crop that this is. `seen` is what it shows, where people were looked for in it, and
    `said` what the app did of itself with it.
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
    cut_by: Cut | None = None
    seen: Seen | None = None
    said: str = ""

    @property
    def is_scene(self) -> bool:
        """Whether it is a whole scene, by the people in it; where nobody looked for them, whether it looks like one: a
        person who stands or walks is taller than wide."""
        if self.crop is not None or self.scene is not None:
            return False
        return self.width > self.height if self.seen is None else not self.seen.whole


@dataclass(frozen=True)
class Staged:
    """The photo that is cropped and turned, and its `whole`, which is another where it was cut before.

    `turn` is how far it is turned now, in degrees clockwise. `joins` says that what is cut of it joins the photos of
    the search; otherwise it starts a new one.
    """

    photo: Chosen
    whole: Chosen
    turn: int = 0
    joins: bool = False


@dataclass(frozen=True)
class Answered:
    """The answer that the page shows. It is asked for anew when `key`, the question and all it is asked of, changes;
    refreshed when the catalogue's `version` does; ranked anew when `turn` does."""

    key: tuple[object, ...]
    version: int
    turn: tuple[object, ...]
    answer: Answer

    @property
    def gallery(self) -> str:
        return str(self.key[1])


@dataclass
class Desk:
    """`pair` are the crops of the group and of the view that are compared: (front, crop). With `go_on` the best group
    without a verdict is compared next. `turn` counts verdicts and what takes them back: the list follows it. `pending`
    is a verdict that was given while no case was open. `opening` is how many groups the address asks for,
    until they are there, and `to_be_found` says that it named the pair, which may be no hit.

    `photos` are None before the page was first drawn; `number` and `uploads` count photos and uploads. `arrived` are
    photos in which nobody looked for people yet, `staged` is the photo that is cropped and turned, and `waiting` are
    those that come after it, of `in_line` together. With `forget_camera` what was stated of the photos before does not
    hold for these. `trouble` is said beside them. `confirmed_alone` is the case whose confirmed crops are searched
    with, without a photo. `only_new` is a gallery, and the crops that came to it since a saved search was run:
    nothing else is searched. `to_open` is a saved search that is opened before anything is drawn, and whether only
    on what is new. `likely` is the similarity that the list calls likely. `places` are offsets in the picker,
    `spans` the times that
    each gallery's timeline shows."""

    taken: dict[str, int] = field(default_factory=dict)  # number of the last event of each component
    turn: int = 0
    shown: int = SHORT
    pair: tuple[int, int] | None = None
    go_on: bool = False
    said: str = ""
    problem: str = ""
    closed: int = 0
    focus: str | None = None
    agreement: tuple[str, int] | None = None
    pending: tuple[str, list[int], str] | None = None
    opening: int | None = None
    to_be_found: bool = False
    photos: tuple[Chosen, ...] | None = None
    number: int = 0
    uploads: int = 0
    arrived: tuple[Chosen, ...] = ()
    staged: Staged | None = None
    waiting: tuple[Chosen, ...] = ()
    in_line: int = 0
    forget_camera: bool = False
    trouble: str = ""
    case: str | None = None  # name of the one that is open
    case_purpose: str = ""
    case_trouble: str = ""
    confirmed_alone: str | None = None
    only_new: tuple[str, frozenset[int]] | None = None
    to_open: tuple[int, bool] | None = None
    answered: Answered | None = None
    likely: float | None = None
    places: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)

    def close(self) -> None:
        """Back to the list, the keyboard at the group that was compared."""
        if self.pair is not None:
            self.look_at(self.pair[0])
        self.pair = self.agreement = None
        self.go_on = False

    def look_at(self, group: int) -> None:
        """The keyboard's focus goes to that group of the list, or to the first where it is gone."""
        self.closed += 1
        self.focus = f"{group} {self.closed}"


def desk() -> Desk:
    """The session's; to be asked for once, and then changed."""
    return kept(Desk)
