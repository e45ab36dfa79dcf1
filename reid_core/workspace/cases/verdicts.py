"""What analysts decide about crops: match, not, or cannot tell. One append-only log; taking back is a line of it.

An analyst's newest verdict on a crop that she has not taken back stands. Where what stands of two analysts is a match
and a not, both are kept and the crop is a conflict: it neither leads the search nor leaves it until one of them gives
way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from reid_core.errors import NotThere, ReidError
from reid_core.records import plural
from reid_core.workspace.cases.cases import case_key
from reid_core.workspace.catalogue.rows import now, user
from reid_core.workspace.catalogue.trail import write_log
from reid_core.workspace.workspace import Workspace

MATCH, NOT, CANNOT_TELL = "match", "not", "cannot tell"
UNDO = "undo"
CONFLICT = "conflict"
UNDO_KEY = "Z"  # on a page it takes the last verdict back


@dataclass(frozen=True)
class VerdictKind:
    """A verdict that can be given: its name in logs and commands, its words, and the key that gives it on a page."""

    verdict: str
    words: str
    key: str


KINDS = (
    VerdictKind(MATCH, "Match", "M"),
    VerdictKind(NOT, "Not this person", "N"),
    VerdictKind(CANNOT_TELL, "Cannot tell", "U"),
)
VERDICTS = tuple(kind.verdict for kind in KINDS)
WORDS = {kind.verdict: kind.words for kind in KINDS}


@dataclass(frozen=True)
class Seen:
    """A crop as the analyst saw it in a list: its similarity and rank there, None where it was in none."""

    crop: int
    similarity: float | None = None
    rank: int | None = None


@dataclass(frozen=True)
class Verdict:
    """A line of the log. `act` is shared by what was given at once; `undoes` is the key of the line taken back.

    `model` is the id of the model whose list the crop was in, `threshold` the similarity from which on that list
    called hits likely, None where it had none.
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
    note: str = "",
    model: str = "",
    threshold: float | None = None,
    who: str | None = None,
) -> list[Verdict]:
    """One verdict on these crops, given at once: the frames of a tracklet, or a single crop.

    `who` is the operating system's user unless the analyst said who she is. Raises ReidError for another word than
    one of `VERDICTS`, and for a crop that is gone; then none is given.
    """
    if verdict not in VERDICTS:
        raise ReidError(f"A verdict is one of {', '.join(VERDICTS)}, not {verdict!r}.")
    if not seen:
        raise ReidError("A verdict needs a crop that it is about.")
    who = (who or "").strip() or user()
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = case_key(database, case)
        for one in seen:
            if not database.execute("SELECT 1 FROM crop WHERE id = ?", (one.crop,)).fetchone():
                raise NotThere(f"Crop {one.crop} is gone; it may have been deleted. Search again.")
        act = _next_act(database)
        database.executemany(
            _INSERT,
            [
                (act, key, one.crop, now(), who, verdict, None, note, model, one.similarity, one.rank, threshold)
                for one in seen
            ],
        )
        details = {"investigation": key, "verdict": verdict, "crops": [one.crop for one in seen], "act": act}
        write_log(database, "verdict", _purpose(database, key), {**details, "analyst": who, "model": model})
        return _of_act(database, act)


def undo(workspace: Workspace, case: str, *, who: str | None = None) -> list[Verdict]:
    """Take back what the analyst gave last and has not taken back; the lines that did. Empty when there is nothing."""
    who = (who or "").strip() or user()
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = case_key(database, case)
        last = database.execute(
            f"SELECT act FROM verdict WHERE investigation = ? AND who = ? AND {_STANDS} ORDER BY key DESC LIMIT 1",
            (key, who),
        ).fetchone()
        if last is None:
            return []
        taken = database.execute("SELECT crop, key, model FROM verdict WHERE act = ? ORDER BY key", last).fetchall()
        act = _next_act(database)
        database.executemany(
            _INSERT,
            [(act, key, crop, now(), who, UNDO, row, "", model, None, None, None) for crop, row, model in taken],
        )
        details = {"investigation": key, "verdict": UNDO, "crops": [crop for crop, _, _ in taken], "undoes": last[0]}
        write_log(database, "verdict", _purpose(database, key), {**details, "act": act, "analyst": who})
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

    Only of crops on which the analyst `judged_by` has a verdict, where one is named; then also what others say of them.
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


_COLUMNS = "key, act, crop, at, who, verdict, undoes, note, model, similarity, rank, threshold"
_STANDS = "undoes IS NULL AND key NOT IN (SELECT undoes FROM verdict WHERE undoes NOT NULL)"
_INSERT = (
    "INSERT INTO verdict (act, investigation, crop, at, who, verdict, undoes, note, model, similarity, rank, threshold)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _next_act(database: Connection) -> int:
    return int(database.execute("SELECT COALESCE(MAX(act), 0) + 1 FROM verdict").fetchone()[0])


def _purpose(database: Connection, case: int) -> str:
    return str(database.execute("SELECT purpose FROM investigation WHERE key = ?", (case,)).fetchone()[0])


def _of_act(database: Connection, act: int) -> list[Verdict]:
    rows = database.execute(f"SELECT {_COLUMNS} FROM verdict WHERE act = ? ORDER BY key", (act,))
    return [Verdict(*row) for row in rows]
