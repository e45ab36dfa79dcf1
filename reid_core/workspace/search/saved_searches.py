"""Searches that a case keeps: their examples, filters and parameters, to run again on what is new or on all.

A saved search keeps the vectors of its examples, so that it runs under the model it was made with and needs no picture
for it. Photos that are no crops of a gallery are kept in the case, to be looked at.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from sqlite3 import Connection, IntegrityError
from typing import Any

import numpy as np
import pandas as pd

from reid_core.errors import NotThere, ReidError
from reid_core.retrieval.filters import Filter
from reid_core.workspace.cases.cases import case_key
from reid_core.workspace.cases.verdicts import MATCH, of_decision, standing
from reid_core.workspace.catalogue.audit import SaveSearch, Search
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.rows import check_text, now
from reid_core.workspace.catalogue.vectors import embedded_since, vectors_of
from reid_core.workspace.reserve import with_room
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Answer, Example, Query, Question, answer_query
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class SavedSearch:
    """`parameters` is the question as it was asked, with those of its examples that are left: the bytes of a photo, or
    the number of a crop. Without a positive one the case's confirmed crops are searched with. `seen` is the
    number of the change log up to which it has been run, `model` the id of the model."""

    key: int
    case: str
    name: str
    at: str
    who: str
    gallery: str
    model: str
    model_name: str
    seen: int
    parameters: Question


def save(workspace: Workspace, case: str, name: str, answer: Answer, gallery: str, model_name: str) -> SavedSearch:
    """Keep the answer's question in the case under that name.

    Raises ReidError for a name that another search of the case has.
    """
    name = " ".join(name.split())
    check_text(name)
    if not name:
        raise ReidError("Give the search a name.")
    query, parameters = answer.query, to_json(answer.query.question)
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = case_key(database, case)
        try:
            search = database.execute(
                "INSERT INTO saved_search (investigation, name, at, who, gallery, model, model_name, parameters, seen) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key",
                (key, name, now(), workspace.actor.name, gallery, query.model, model_name, parameters, answer.version),
            ).fetchall()[0][0]
        except IntegrityError as error:
            raise ReidError(f"{case!r} has a search {name!r} already. Choose another name.") from error
        for place, example in enumerate(query.question.examples):
            _keep_example(database, key, search, place, query, example)
        event = SaveSearch(purpose=query.question.purpose, case=key, search=search, gallery=gallery, model=query.model)
        write_log(database, workspace.actor, event)
    return find(workspace, case, name)


def every(workspace: Workspace, case: str) -> list[SavedSearch]:
    """Those of the case, oldest first."""
    with workspace.catalogue.transaction() as database:
        key = case_key(database, case)
        rows = database.execute(f"{_SELECT} WHERE investigation = ? ORDER BY key", (key,)).fetchall()
        return [_read(database, case, row) for row in rows]


def find(workspace: Workspace, case: str, name: str) -> SavedSearch:
    """Raises ReidError, naming those that there are, when there is none of that name."""
    there = every(workspace, case)
    for search in there:
        if search.name == name:
            return search
    names = f"There are: {', '.join(search.name for search in there)}." if there else "There is none yet."
    raise NotThere(f"{case!r} has no search {name!r}. {names}")


def trouble(workspace: Workspace, search: SavedSearch) -> str | None:
    """Why it cannot be run again, in a sentence; None when it can."""
    galleries = {info.name: info for info in workspace.catalogue.galleries()}
    if search.gallery not in galleries:
        return f"Gallery {search.gallery!r}, which this search was made in, is gone. Its verdicts went with its crops."
    if not any(id == search.model for id, _, _ in galleries[search.gallery].models):
        return (
            f"Gallery {search.gallery!r} holds no vectors of model {search.model_name} ({search.model}) any more, "
            "which this search was made with. Search again with the model that serves the gallery now."
        )
    if not any(not example.negative for example in search.parameters.examples) and not _confirmed(workspace, search):
        return (
            "Nothing is left to search with: what this search was made with has been deleted, or is confirmed no "
            "longer. Confirm a crop in the case, or search with another photo."
        )
    return None


def _confirmed(workspace: Workspace, search: SavedSearch) -> bool:
    """Whether its case has confirmed crops to search with, as it does where no photo was given."""
    confirmed = of_decision(standing(workspace, search.case), MATCH)
    return bool(len(vectors_of(workspace.catalogue, search.model, confirmed)[0]))


def run(workspace: Workspace, index: GalleryIndex, search: SavedSearch, *, new_only: bool = False) -> Answer:
    """Run it again on all crops, or on those that were embedded since it was last run; then those count as seen.

    It is written into the audit log. Raises ReidError with its `trouble`.
    """
    if (problem := trouble(workspace, search)) is not None:
        raise ReidError(problem)
    if (index.gallery, index.model) != (search.gallery, search.model):
        raise ReidError(f"Search {search.name!r} is of gallery {search.gallery!r} and model {search.model}.")
    question = search.parameters
    seen = workspace.catalogue.version()  # before anything is looked up: what comes meanwhile is new the next time
    if new_only:
        fresh = embedded_since(workspace.catalogue, search.gallery, search.model, search.seen)
        question = dataclasses.replace(question, where=dataclasses.replace(question.where, only_ids=fresh))
    answer = answer_query(workspace, index, query_of(workspace, search, question))

    def write() -> None:
        with workspace.catalogue.transaction() as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("UPDATE saved_search SET seen = ? WHERE key = ?", (seen, search.key))
            key = case_key(database, search.case)
            event = Search(
                purpose=question.purpose, gallery=search.gallery, model=search.model, search=search.key, case=key,
                hits=len(answer.crops), new_only=new_only,
            )  # fmt: skip
            write_log(database, workspace.actor, event)

    with_room(workspace.path, write)
    return answer


def count_new(workspace: Workspace, search: SavedSearch) -> int:
    """Crops that were embedded since the search was last run; 0 when it cannot be run."""
    if trouble(workspace, search) is not None:
        return 0
    return len(embedded_since(workspace.catalogue, search.gallery, search.model, search.seen))


def photo(workspace: Workspace, case: str, sha256: str) -> bytes | None:
    """Bytes of a photo that the case keeps; None when it does not."""
    with workspace.catalogue.transaction() as database:
        values = (case_key(database, case), bytes.fromhex(sha256))
        row = database.execute("SELECT bytes FROM photo WHERE investigation = ? AND sha256 = ?", values).fetchone()
        return None if row is None else bytes(row[0])


def query_of(workspace: Workspace, search: SavedSearch, question: Question | None = None) -> Query:
    """The search's query as it was embedded then."""
    with workspace.catalogue.transaction() as database:
        rows = database.execute(
            "SELECT float32, COALESCE(example.photo, crop.sha256), negative FROM example LEFT JOIN crop "
            "ON crop.id = example.crop WHERE search = ? ORDER BY place",
            (search.key,),
        ).fetchall()
    none = vectors_of(workspace.catalogue, search.model, [])[1]  # (0, D): of confirmed crops alone
    vectors = np.concatenate([none, *(np.frombuffer(vector, np.float32)[None] for vector, _, _ in rows)])
    owns = [
        workspace.catalogue.find_picture(search.gallery, sha256).assign(negative=bool(negative))
        for _, sha256, negative in rows
    ]
    own = pd.concat(owns or [workspace.catalogue.crops_of([]).assign(negative=False)], ignore_index=True)
    question = question or search.parameters
    cameras = [question.camera] if question.camera else own["camera"][~own["negative"].astype(bool)].dropna().tolist()
    sha256s = tuple(sha256.hex() for _, sha256, _ in rows)
    return Query(question, search.model, vectors, sha256s, own, tuple(sorted(set(cameras))))


def to_json(question: Question) -> str:
    """All of a question but its examples; see `from_json`."""
    values: dict[str, Any] = {n: v for n, v in vars(question).items() if n not in ("examples", "where", "case")}
    values["investigation"] = question.case  # as cases were called when this format was made
    return json.dumps({**values, "where": question.where.to_values()}, ensure_ascii=False, sort_keys=True)


def from_json(text: str, examples: tuple[Example, ...] = ()) -> Question:
    values = json.loads(text)
    values["case"] = values.pop("investigation", None)
    return Question(examples, where=Filter.from_values(values.pop("where")), **values)


_SELECT = "SELECT key, name, at, who, gallery, model, model_name, seen, parameters FROM saved_search"


def _read(database: Connection, case: str, row: tuple[Any, ...]) -> SavedSearch:
    examples = database.execute(
        "SELECT negative, crop, photo.bytes, photo.name FROM example JOIN saved_search ON saved_search.key = search "
        "LEFT JOIN photo ON photo.sha256 = example.photo AND photo.investigation = saved_search.investigation "
        "WHERE search = ? ORDER BY place",
        (row[0],),
    ).fetchall()
    found = tuple(
        Example(None if data is None else bytes(data), crop, bool(negative), name or "")
        for negative, crop, data, name in examples
    )
    *columns, parameters = row
    key, name, at, who, gallery, model, model_name, seen = columns
    question = dataclasses.replace(from_json(parameters, found), case=case)
    return SavedSearch(key, case, name, at, who, gallery, model, model_name, seen, question)


def _keep_example(database: Connection, case: int, search: int, place: int, query: Query, example: Example) -> None:
    sha256 = bytes.fromhex(query.sha256s[place])
    own = query.own["id"][query.own["sha256"] == query.sha256s[place]]
    crop = example.crop if example.photo is None else (int(own.iloc[0]) if len(own) else None)
    if crop is None and example.photo is not None:
        database.execute(
            "INSERT OR IGNORE INTO photo (sha256, investigation, name, bytes) VALUES (?, ?, ?, ?)",
            (sha256, case, example.name, example.photo),
        )
    database.execute(
        "INSERT INTO example (search, place, negative, crop, photo, float32) VALUES (?, ?, ?, ?, ?, ?)",
        (search, place, example.negative, crop, None if crop is not None else sha256,
         query.vectors[place].tobytes()),
    )  # fmt: skip
