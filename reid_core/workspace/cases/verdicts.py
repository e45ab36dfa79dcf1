"""What analysts decide about crops: match, not, or cannot tell. One append-only log; taking back is a line of it.

A verdict on a crop counts for its whole tracklet (the same gallery, camera and tracklet: one person without a break),
unless the analyst means the crops alone. It is one act in the log: the crops that were looked at, and those that
follow them.

An analyst's newest verdict on a crop that she has not taken back stands. Where what stands of two analysts is a match
and a not, both are kept and the crop is a conflict: it neither leads the search nor leaves it until one of them gives
way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from reid_core.errors import NotThere, ReidError, shown
from reid_core.records import LARGEST_WHOLE, plural
from reid_core.workspace.cases.cases import case_key
from reid_core.workspace.catalogue.audit import GiveVerdict
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.rows import check_text, now
from reid_core.workspace.workspace import Workspace

MATCH, NOT, CANNOT_TELL = "match", "not", "cannot tell"
UNDO = "undo"
CONFLICT = "conflict"
WORDS = {MATCH: "Match", NOT: "Not this person", CANNOT_TELL: "Cannot tell"}
VERDICTS = tuple(WORDS)
MOST_FOLLOWERS = 500  # crops of a tracklet that follow one verdict, the first in time


@dataclass(frozen=True)
class Seen:
    """A crop as the analyst saw it in a list: its similarity and rank there, None where it was in none."""

    crop: int
    similarity: float | None = None
    rank: int | None = None


@dataclass(frozen=True)
class Verdict:
    """A line of the log. `act` is shared by what was given at once; `undoes` is the key of the line taken back.

    `model` is the id of the model whose list the act was given in, `threshold` the similarity from which on that list
    called hits likely, None where it had none. `follows` is the crop that was looked at, whose tracklet this one
    belongs to; None for a crop that was looked at itself, which alone may have a similarity and a rank, and once the
    crop that was looked at is deleted.
    """

    key: int
    act: int
    crop: int
    at: str
    who: str
    verdict: str
    undoes: int | None
    note: str
    model: str
    similarity: float | None
    rank: int | None
    threshold: float | None
    follows: int | None


@dataclass(frozen=True)
class Standing:
    """What stands of a crop: the newest verdict of each analyst, oldest first."""

    crop: int
    verdicts: tuple[Verdict, ...]

    @property
    def decision(self) -> str:
        """A verdict that nobody contradicts, or `CONFLICT`. "Cannot tell" contradicts nobody."""
        clear = {verdict.verdict for verdict in self.verdicts} - {CANNOT_TELL}
        return CONFLICT if len(clear) > 1 else next(iter(clear), CANNOT_TELL)


def give(
    workspace: Workspace,
    case: str,
    verdict: str,
    seen: Sequence[Seen],
    *,
    crops_only: bool = False,
    note: str = "",
    model: str = "",
    threshold: float | None = None,
) -> list[Verdict]:
    """One verdict, given at once on these crops and the rest of their tracklets; with `crops_only` on the crops alone.

    The analyst is the workspace's actor. Raises ReidError for another word than one of `VERDICTS`, and for a crop that
    is gone; then none is given.
    """
    if verdict not in VERDICTS:
        raise ReidError(f"A verdict is one of {', '.join(VERDICTS)}, not {verdict!r}.")
    if not seen:
        raise ReidError("A verdict needs a crop that it is about.")
    check_text(note)
    who = workspace.actor.name
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = case_key(database, case)
        looked_at = {one.crop: one for one in seen}
        for crop in looked_at:
            known = 0 < crop <= LARGEST_WHOLE  # else SQLite cannot hold the number
            if not known or not database.execute("SELECT 1 FROM crop WHERE id = ?", (crop,)).fetchone():
                raise NotThere(f"Crop {shown(crop)} is gone; it may have been deleted. Search again.")
        followers = {} if crops_only else _followers(database, list(looked_at))
        act, at = _next_act(database), now()
        said = verdict, None, note, model
        rows: list[tuple[Any, ...]] = [
            (one.crop, *said, one.similarity, one.rank, threshold, None) for one in looked_at.values()
        ]
        rows += [(crop, *said, None, None, threshold, follows) for crop, follows in followers.items()]
        database.executemany(_INSERT, [(act, key, crop, at, who, *rest) for crop, *rest in rows])
        event = GiveVerdict(
            purpose=_purpose(database, key), case=key, verdict=verdict, act=act, analyst=who, model=model,
            crops=tuple(row[0] for row in rows), looked_at=len(looked_at) if followers else None,
        )  # fmt: skip
        write_log(database, workspace.actor, event)
        return _of_act(database, act)


def followers(workspace: Workspace, crops: Sequence[int]) -> dict[int, int]:
    """The crops that follow a verdict on `crops`: the rest of their tracklets, each with the crop that it follows."""
    with workspace.catalogue.transaction() as database:
        return _followers(database, crops)


def undo(workspace: Workspace, case: str) -> list[Verdict]:
    """Take back the last act of the workspace's actor that stands; the lines that do so, none where no act stands."""
    who = workspace.actor.name
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = case_key(database, case)
        last = database.execute(
            f"SELECT act FROM verdict WHERE investigation = ? AND who = ? AND {_STANDS} ORDER BY key DESC LIMIT 1",
            (key, who),
        ).fetchone()
        if last is None:
            return []
        taken = _of_act(database, last[0])
        act, at = _next_act(database), now()
        database.executemany(
            _INSERT,
            [
                (act, key, one.crop, at, who, UNDO, one.key, "", one.model, None, None, None, one.follows)
                for one in taken
            ],
        )
        looked_at = sum(one.follows is None for one in taken)
        event = GiveVerdict(
            purpose=_purpose(database, key), case=key, verdict=UNDO, act=act, undoes=last[0], analyst=who,
            crops=tuple(one.crop for one in sorted(taken, key=lambda one: one.follows is not None)),
            looked_at=looked_at if looked_at < len(taken) else None,
        )  # fmt: skip
        write_log(database, workspace.actor, event)
        return _of_act(database, act)


def log_of(workspace: Workspace, case: str) -> list[Verdict]:
    """Every line, oldest first, with those that were taken back and those that took them back."""
    with workspace.catalogue.transaction() as database:
        key = case_key(database, case)
        rows = database.execute(f"SELECT {_COLUMNS} FROM verdict WHERE investigation = ? ORDER BY key", (key,))
        return [Verdict(*row) for row in rows]


def last_line(workspace: Workspace, case: str) -> int:
    """Number of the newest line; 0 where there is none. It says in no time whether anybody has decided since."""
    with workspace.catalogue.transaction() as database:
        values = (case_key(database, case),)
        row = database.execute("SELECT COALESCE(MAX(key), 0) FROM verdict WHERE investigation = ?", values).fetchone()
        return int(row[0])


def standing(workspace: Workspace, case: str, *, judged_by: str | None = None) -> dict[int, Standing]:
    """What stands, by crop, in the order in which crops were first judged.

    With `judged_by`, returns only crops that this analyst has judged, including other analysts' verdicts on them.
    """
    newest: dict[int, dict[str, Verdict]] = {}
    with workspace.catalogue.transaction() as database:
        key = case_key(database, case)
        for row in database.execute(
            f"SELECT {_COLUMNS} FROM verdict WHERE investigation = ? AND {_STANDS} ORDER BY key", (key,)
        ):
            verdict = Verdict(*row)
            newest.setdefault(verdict.crop, {})[verdict.who] = verdict
    ordered = {crop: tuple(sorted(by.values(), key=lambda verdict: verdict.key)) for crop, by in newest.items()}
    return {
        crop: Standing(crop, verdicts)
        for crop, verdicts in ordered.items()
        if judged_by is None or judged_by in newest[crop]
    }


def of_decision(standings: Mapping[int, Standing], decision: str) -> list[int]:
    """Crops of which that stands."""
    return [crop for crop, one in standings.items() if one.decision == decision]


def describe(standings: Mapping[int, Standing]) -> str:
    """ "3 matches, 12 not, 1 cannot tell, 1 conflict"."""
    counts = {decision: len(of_decision(standings, decision)) for decision in (*VERDICTS, CONFLICT)}
    parts = [plural(counts[MATCH], "match"), f"{counts[NOT]:,} {NOT}"]
    parts.append(f"{counts[CANNOT_TELL]:,} {CANNOT_TELL}")
    return ", ".join([*parts, *([plural(counts[CONFLICT], "conflict")] if counts[CONFLICT] else [])])


_COLUMNS = "key, act, crop, at, who, verdict, undoes, note, model, similarity, rank, threshold, follows"
_STANDS = "undoes IS NULL AND key NOT IN (SELECT undoes FROM verdict WHERE undoes NOT NULL)"
_INSERT = (
    "INSERT INTO verdict (act, investigation, crop, at, who, verdict, undoes, note, model, similarity, rank, "
    "threshold, follows) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _followers(database: Connection, crops: Iterable[int]) -> dict[int, int]:
    """A crop without a camera or a tracklet has none. One look through each camera, which may hold a million crops."""
    looked_at = set(crops)
    first: dict[tuple[int, str], dict[str, int]] = {}  # by gallery and camera: of each tracklet the crop looked at
    for crop, gallery, camera, tracklet in database.execute(
        "SELECT id, gallery, camera, tracklet FROM crop WHERE camera NOT NULL AND tracklet NOT NULL "
        "AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(sorted(looked_at)),),
    ):
        first.setdefault((gallery, camera), {}).setdefault(tracklet, crop)
    found: dict[int, int] = {}
    for (gallery, camera), tracklets in first.items():
        left = dict.fromkeys(tracklets, MOST_FOLLOWERS)
        for crop, tracklet in database.execute(
            "SELECT id, tracklet FROM crop WHERE gallery = ? AND camera = ? "
            "AND tracklet IN (SELECT value FROM json_each(?)) ORDER BY time, id",
            (gallery, camera, json.dumps(list(tracklets))),
        ):
            if crop not in looked_at and left[tracklet]:
                left[tracklet] -= 1
                found[crop] = tracklets[tracklet]
    return found


def _next_act(database: Connection) -> int:
    return int(database.execute("SELECT COALESCE(MAX(act), 0) + 1 FROM verdict").fetchone()[0])


def _purpose(database: Connection, case: int) -> str:
    return str(database.execute("SELECT purpose FROM investigation WHERE key = ?", (case,)).fetchone()[0])


def _of_act(database: Connection, act: int) -> list[Verdict]:
    rows = database.execute(f"SELECT {_COLUMNS} FROM verdict WHERE act = ? ORDER BY key", (act,))
    return [Verdict(*row) for row in rows]
