"""Calibrating a model on a gallery's labelled people, whom it did not learn from, and checking it on others of them.

The calibration is kept in the model's card. A model that was shipped with the program is copied into the workspace
first, where it stands before the shipped one under the same name and id.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reid_core.embedder.card import ModelCard
from reid_core.embedder.model import SHIPPED_MODELS, model_id
from reid_core.errors import NotThere, ReidError
from reid_core.evaluation.calibration.calibration import Calibration, calibrate
from reid_core.evaluation.calibration.check import DIVISIONS, check_calibration, interval_coverage
from reid_core.evaluation.calibration.meaning import calibration_for
from reid_core.evaluation.calibration.rates import LEAST_PEOPLE
from reid_core.evaluation.presentation.policy_sentences import cameras_note
from reid_core.evaluation.ranking.ranking import Labels, encode_labels
from reid_core.evaluation.report import Evaluation
from reid_core.records import DISTRACTOR, JUNK, Records, plural, split_identities
from reid_core.temporary import temporary_folder
from reid_core.workspace.catalogue.audit import Calibrate
from reid_core.workspace.catalogue.rows import gallery_key, now
from reid_core.workspace.catalogue.vectors import read_vectors
from reid_core.workspace.evaluations.provenance import run_of, zero_shot
from reid_core.workspace.workspace import ModelEntry, Workspace

HELD_OUT = ("query", "gallery")
CHECK_SHARE = 1 / 3  # of the people, where one set of them has to serve for both
MOST_CROPS = 12_000  # that are compared: 72 million pairs, some 20 s; of more a seeded part is taken, of everybody


@dataclass(frozen=True)
class Division:
    """Crops, as rows of the catalogue, of the people to calibrate on and to check on; `words` says who they are."""

    calibration: pd.DataFrame
    check: pd.DataFrame
    words: str


def calibrate_model(
    workspace: Workspace,
    gallery: str,
    model: str,
    *,
    calibrate_on: Sequence[str] = (),
    check_on: Sequence[str] = (),
    also: Sequence[str] = (),
    kind: str = "",
    same_camera: bool = False,
    seed: int = 0,
    purpose: str = "",
) -> Calibration:
    """Calibrate the named model from vectors that the catalogue holds, check it, and keep both in its card.

    `calibrate_on` and `check_on` are splits; see `divide_people` for what is chosen without them. It holds for the
    gallery and for those in `also`; `kind` is what they are called together. Raises ReidError when an identity would be
    in both, the model has learnt from one, there are too few people, or all were taken by one camera.
    """
    folder = workspace.find_model(model)
    id, card = model_id(folder), ModelCard.read(folder)
    entry = ModelEntry(card.name, folder, id, card)
    keys = _keys_of(workspace, (gallery, *also))
    ids, vectors = read_vectors(workspace.catalogue, gallery, id)
    crops = _labelled(workspace, gallery).set_index("id", drop=False)
    crops = crops.loc[crops.index.isin(ids)]
    _refuse_unfit(gallery, card.name, crops, ids[~np.isfinite(vectors).all(axis=1)])
    division = divide_people(
        crops, calibrate_on, check_on, learnt=_has_learnt_from(workspace, gallery, entry), name=card.name, seed=seed
    )
    _refuse_few(division, same_camera=same_camera)
    row_of = pd.Series(np.arange(len(ids)), index=ids)
    calibrated, checked = (
        _arrays(_part(table, seed), vectors, row_of) for table in (division.calibration, division.check)
    )
    found = calibrate(
        *calibrated, model=id, galleries=(gallery, *also), kind=kind or gallery, same_camera=same_camera, at=now()
    )
    similarities = tuple(one.similarity for one in found.thresholds if one.similarity is not None)
    everybody = _arrays(_part(pd.concat([division.calibration, division.check]), seed), vectors, row_of)
    coverage = interval_coverage(*everybody, similarities, same_camera=same_camera, seed=seed)
    check = dataclasses.replace(check_calibration(found, *checked), coverage=coverage, divisions=DIVISIONS)
    used = pd.concat([division.calibration, division.check])["camera"].astype(object)
    caution = cameras_note(used.where(used.notna(), None), same_camera=same_camera)
    found = dataclasses.replace(found, check={**check.to_dict(), "people_are": division.words}, caution=caution)
    keep_calibration(workspace, folder, found, keys)
    workspace.catalogue.log(
        Calibrate(purpose=purpose, gallery=gallery, model=id, people=found.people, also=tuple(also))
    )
    return found


def calibrations_for(workspace: Workspace, evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """By model id: the calibration that holds for the first gallery of the evaluation that it was measured on."""
    found = {}
    for entry in workspace.models():
        for report in evaluation.reports:
            if report.tested.model == entry.id and entry.id not in found:
                calibration, _ = calibration_for(
                    entry.card.calibration, model=entry.id, name=entry.name, gallery=report.tested.gallery
                )
                if calibration is not None:
                    found[entry.id] = calibration.to_dict()
    return found


def keep_calibration(
    workspace: Workspace, folder: Path, calibration: Calibration, galleries: Mapping[str, int] | None = None
) -> Path:
    """Write it into the model's card, in place of an earlier one of that kind; the folder of the model that has it.

    `galleries` are those that it holds for, with their keys when it was begun. Raises ReidError when one was deleted
    since: another gallery of its name would get the calibration.
    """
    if folder.resolve().parent == SHIPPED_MODELS:
        folder = _copy_of(folder, workspace.models_folder)
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")  # a deletion that takes galleries off cards does so in one, too
        there = dict(database.execute("SELECT name, key FROM gallery").fetchall())
        if gone := [name for name, key in (galleries or {}).items() if there.get(name) != key]:
            raise NotThere(f"Gallery {gone[0]!r} was deleted while the model was calibrated. Nothing was kept of it.")
        card = ModelCard.read(folder)
        kept = {kind: values for kind, values in (card.calibration or {}).items() if kind != calibration.kind}
        dataclasses.replace(card, calibration={**kept, calibration.kind: calibration.to_dict()}).write(folder)
    return folder


def _keys_of(workspace: Workspace, galleries: Sequence[str]) -> dict[str, int]:
    """Raises ReidError when one is not there."""
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN")
        return {name: gallery_key(database, name) for name in galleries}


def divide_people(
    crops: pd.DataFrame,
    calibrate_on: Sequence[str],
    check_on: Sequence[str],
    *,
    learnt: bool = False,
    name: str = "",
    seed: int = 0,
) -> Division:
    """Who is for the calibration and who for its check.

    Without splits given: the training split and the others, or, where the model has learnt from the former or there are
    none, a seeded two thirds of the people of the others and the rest of them. Raises ReidError when one person is on
    both sides.
    """
    if learnt and "train" in (*calibrate_on, *check_on):
        raise ReidError(
            f"Model {name} was trained on the training split of this gallery, or by its card on data of this kind; "
            "people whom it knows say nothing of others. Calibrate on query,gallery."
        )
    here = set(crops["split"])
    if not calibrate_on and not check_on and "train" in here and not learnt and here & set(HELD_OUT):
        calibrate_on, check_on = ("train",), HELD_OUT
    if bool(calibrate_on) != bool(check_on):
        raise ReidError("Give the splits to calibrate on and those to check on, or neither.")
    if not calibrate_on:
        kept = crops[crops["split"].isin(HELD_OUT)] if learnt or not here <= {"train"} else crops
        return _by_hash(kept, seed)
    parts = [crops[crops["split"].isin(splits)] for splits in (calibrate_on, check_on)]
    if both := set(parts[0]["identity"]) & set(parts[1]["identity"]):
        raise ReidError(
            f"{plural(len(both), 'identity')} would be both in the calibration and in its check, for example "
            f"{min(both)!r}; a check on known people proves nothing. Calibrate on train and check on query,gallery."
        )
    words = f"calibrated on people of split {', '.join(calibrate_on)}, checked on those of {', '.join(check_on)}"
    return Division(parts[0], parts[1], words)


def _by_hash(crops: pd.DataFrame, seed: int) -> Division:
    numbered = crops.assign(path=[f"{row}/{path}" for row, path in enumerate(crops["path"])], split="gallery")
    records = split_identities(Records(numbered), train_share=1 - CHECK_SHARE, seed=seed, purpose="calibration")
    first = (records.table["split"] == "train").to_numpy()
    return Division(crops[first], crops[~first], "calibrated on two thirds of the people, checked on the others")


def _labelled(workspace: Workspace, gallery: str) -> pd.DataFrame:
    crops = workspace.catalogue.crops(gallery)
    return crops[crops["identity"].notna() & ~crops["identity"].isin([DISTRACTOR, JUNK])]


def _refuse_unfit(gallery: str, model: str, crops: pd.DataFrame, broken: NDArray[np.int64]) -> None:
    if crops.empty:
        raise ReidError(
            f"Gallery {gallery!r} has no labelled crops that {model} has embedded. A calibration needs people who are "
            "labelled: label them on the Gallery page, or import crops with identities."
        )
    bad = crops["path"][crops.index.isin(broken)]
    if len(bad):
        raise ReidError(
            f"The vectors of {plural(len(bad), 'crop')} are not finite numbers, for example of {bad.iloc[0]}. Embed "
            "them again; if they come out the same, the model is broken."
        )


def _refuse_few(division: Division, *, same_camera: bool) -> None:
    """Where either part has too few people; of one camera alone, which is the first thing to say, `calibrate` does."""
    parts = [division.calibration["identity"].nunique(), division.check["identity"].nunique()]
    everybody = pd.concat([division.calibration, division.check])
    cameras = everybody["camera"].astype(object)
    if min(parts) >= LEAST_PEOPLE or (not same_camera and cameras.notna().all() and cameras.nunique() < 2):
        return
    total = everybody["identity"].nunique()
    otherwise = ", or divide them otherwise with another --seed" if total >= 2 * LEAST_PEOPLE else ""
    raise ReidError(
        f"A calibration needs at least {LEAST_PEOPLE} people to measure on and {LEAST_PEOPLE} others to check it on; "
        f"here are {parts[0]:,} and {parts[1]:,} of {total:,} labelled {plural(total, 'person', number=False)}. Label "
        f"more people{otherwise}."
    )


def _has_learnt_from(workspace: Workspace, gallery: str, model: ModelEntry) -> bool:
    """Whether it is the model of a run on this gallery, or of one that started from another run's, or its card says
    that it was trained on data of this kind."""
    run = run_of(workspace, model.id)
    if run is not None and run.recipe.starts_from_run:
        return True
    return zero_shot(workspace, gallery, model)[0] is False


def _part(crops: pd.DataFrame, seed: int) -> pd.DataFrame:
    """At most `MOST_CROPS`: the first of everybody in each camera, then the second, and so on, in seeded order."""
    if len(crops) <= MOST_CROPS:
        return crops
    shuffled = crops.sample(frac=1, random_state=seed)
    turn = shuffled.groupby(["identity", "camera"], dropna=False).cumcount()
    return shuffled.iloc[np.argsort(turn.to_numpy(), kind="stable")[:MOST_CROPS]]


def _arrays(crops: pd.DataFrame, vectors: NDArray[np.float32], row_of: pd.Series) -> tuple[NDArray[np.float32], Labels]:
    labels, _ = encode_labels(list(crops["identity"]), list(crops["camera"]), [], [])
    return vectors[row_of.loc[crops["id"]].to_numpy()], labels


def _copy_of(model: Path, models: Path) -> Path:
    folder = models / model.name
    try:
        with temporary_folder(folder) as temporary:
            for file in model.iterdir():  # not their permissions: what was shipped may be read by everybody
                if file.is_file():
                    shutil.copyfile(file, temporary / file.name)
            temporary.rename(folder)
    except OSError as error:
        raise ReidError(f"The model {model.name} cannot be copied into {models} ({error.strerror}).") from error
    return folder
