"""Where the analyst is in a gallery, on the Gallery page and below a map: what is chosen, open, asked and said."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pages.components.shared.session import kept
from reid_core.workspace.deletion.deletion import Plan, Receipt
from reid_core.workspace.recordings.still_shown import StillShown

VIEW = "gal-view"  # key of the switch between the Gallery page's views
NOTHING = np.empty(0, np.int64)
Ids = NDArray[np.int64]


@dataclass
class Deletion:
    """The dialog that deletes crops, while it is about some: `ids` are asked about, or all of a `recording`, and `plan`
    is counted for a version of the catalogue. Then there is a `receipt`, or a `job` that deletes them, which may first
    have to blur a film (`blurs`)."""

    ids: Ids
    recording: str | None = None
    plan: tuple[int, Plan] | None = None
    receipt: Receipt | None = None
    job: str = ""
    blurs: bool = False
    complaint: str = ""


@dataclass
class StillShownState:
    """Files that still show deleted people: which of them is asked about, and whether to blur or to remove it; what
    went wrong; those that were `removed` in this visit, by the number of their recording, and what was `said` then."""

    asked: tuple[str, int] | None = None
    complaint: str = ""
    said: str = ""
    removed: dict[int, StillShown] = field(default_factory=dict)


@dataclass
class GalleryState:
    """`chosen` are ids in the grid of `grid`, in rising order, `fits` the version of what they were last sought in and
    `edit` the number of the last change that was taken up. `action` is the form that is open for them, `trouble` what
    it complains of, and `said` what the last action did, in the view `seen`.

    `open` is the crop that is looked at, `beside` the one that it is compared with, `fix` the form that is open there;
    with `is_stale` its labels were changed, and the page below still has the old ones. `group` is the open group: of
    which gallery, by what, its label. `place` is a view and the offset of its page."""

    chosen: Ids = field(default_factory=lambda: NOTHING)
    grid: Hashable = None
    fits: Hashable = None
    edit: int = 0
    action: str | None = None
    trouble: str = ""
    said: str = ""
    seen: Hashable = None
    open: int | None = None
    beside: int | None = None
    fix: str | None = None
    is_stale: bool = False
    group: tuple[str, str, str] | None = None
    place: tuple[Hashable, int] = (None, 0)
    deletion: Deletion | None = None


def gallery_state() -> GalleryState:
    return kept(GalleryState)


def still_shown_state() -> StillShownState:
    return kept(StillShownState)
