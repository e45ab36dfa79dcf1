"""The crops of a gallery that a run trains on."""

from __future__ import annotations

from pathlib import Path

from reid_core.datasets import TERMS, Skipped
from reid_core.datasets.terms import OWN
from reid_core.errors import ReidError
from reid_core.records import Records
from reid_core.sources import open_source
from reid_core.training.crops.data import TrainingData
from reid_core.workspace.galleries.withheld import without_withheld
from reid_core.workspace.runs.verdict_file import VerdictLabels
from reid_core.workspace.workspace import Workspace


def training_data(
    workspace: Workspace, gallery: str, verdicts: VerdictLabels | None = None
) -> tuple[TrainingData, list[Skipped]]:
    """The gallery's crops whose pictures are where they were, with their splits, and those whose are not.

    Crops that `verdicts` give a label are for training, under that label; those kept out of training are not.
    """
    crops = workspace.catalogue.crops(gallery)
    if verdicts is not None:
        told = crops["id"].isin(list(verdicts.labels))
        crops.loc[told, "identity"] = crops["id"][told].map(verdicts.labels)
        crops.loc[told, "split"] = "train"
    crops = without_withheld(workspace.catalogue, crops)
    there = {}
    for source in dict.fromkeys(crops["source"]):
        try:
            opened = open_source(Path(source))
            there[source] = set(opened.names())
            opened.close()
        except ReidError:
            there[source] = set()
    present = [path in there[source] for source, path in zip(crops["source"], crops["path"], strict=True)]
    missing = [Skipped(path, "its picture is gone") for path in crops["path"][[not here for here in present]]]
    crops = crops[present]
    formats = workspace.catalogue.formats(gallery)
    terms = "; ".join(dict.fromkeys(TERMS.get(name, OWN) for name in formats))
    # Two sources may hold the same path; the row's number keeps paths apart in the table.
    numbered = crops.assign(path=[f"{row}/{path}" for row, path in enumerate(crops["path"])])
    places = [(Path(source), path) for source, path in zip(crops["source"], crops["path"], strict=True)]
    description = f"gallery {gallery} ({', '.join(formats)}){' with verdicts' if verdicts else ''}"
    together = verdicts.pairs if verdicts else ()
    return TrainingData(Records(numbered), places, description, terms, together), missing
