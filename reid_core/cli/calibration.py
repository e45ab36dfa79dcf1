"""The command that finds out what a model's similarities mean: calibrate."""

from __future__ import annotations

from typing import Annotated

import typer

from reid_core.cli.search import embed_missing
from reid_core.cli.shared.console import print_json, print_skipped, print_table, say
from reid_core.cli.shared.options import (
    REPORTER,
    GalleryArgument,
    JsonOption,
    ModelOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    labels,
    open_workspace,
)
from reid_core.errors import ReidError
from reid_core.evaluation.calibration.calibration import LEAST_EFFECTIVE, Calibration, Rate
from reid_core.evaluation.calibration.meaning import one_in
from reid_core.evaluation.calibration.rates import few_people
from reid_core.records import SPLITS, natural_order, plural


@app.command(rich_help_panel="Models")
def calibrate(
    gallery: GalleryArgument,
    model: ModelOption = None,
    calibrate_on: Annotated[
        str | None, typer.Option(help="Splits whose people are calibrated on, such as train; with --check-on.")
    ] = None,
    check_on: Annotated[str | None, typer.Option(help="Splits whose people check it, such as query,gallery.")] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="Gallery of the same cameras for which it holds too; repeatable.")
    ] = None,
    kind: Annotated[str, typer.Option(help="What these galleries are called together; default: the gallery.")] = "",
    same_camera: Annotated[bool, typer.Option(help="Compare crops of one camera too.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the division of people, where no splits are given.")] = 0,
    purpose: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Measure how often different people look alike to a model, check it on other people, and keep it in its card."""
    from reid_core.workspace.models.calibration import calibrate_model

    splits = [natural_order(labels(text) or ()) for text in (calibrate_on, check_on)]
    for split in (*splits[0], *splits[1]):
        if split not in SPLITS:
            raise ReidError(f"There is no split {split!r}; use {', '.join(SPLITS)}.")
    opened = open_workspace(workspace)
    embedder, report = embed_missing(opened, gallery, model)
    print_skipped(report.skipped)
    end_if_stopped(report.stopped, "calibrate")
    found = calibrate_model(
        opened, gallery, model or embedder.id, calibrate_on=splits[0], check_on=splits[1], also=also or (), kind=kind,
        same_camera=same_camera, seed=seed, purpose=purpose,
    )  # fmt: skip
    REPORTER.result({"gallery": gallery, "model": found.model, "people": found.people})
    if json:
        print_json({"name": embedder.card.name, **found.to_dict()})
        return
    _print(found)
    say(f"Kept in the card of {embedder.card.name} ({found.model}); it holds for {', '.join(found.galleries)}.")


def _print(found: Calibration) -> None:
    check = found.check or {}
    measured = {one["target"]: one for one in check.get("thresholds", ())}
    rows = []
    for one in found.thresholds:
        if one.similarity is None or one.false_matches is None or one.false_non_matches is None:
            why = "similarity 1" if one.saturated else "too few people"
            rows.append([one_in(one.target), None, why, None, None])
            continue
        other = Rate(**measured[one.target]["measured"]).describe() if one.target in measured else None
        rows.append(
            [
                one_in(one.target),
                f"{one.similarity:.3f}",
                one.false_matches.describe(),
                other,
                one.false_non_matches.describe(),
            ]
        )
    print_table(
        ["false matches", "from similarity", "rate (95 % interval)", "measured on others", "one person missed"], rows
    )
    if found.caution:
        say(found.caution)
    say(
        f"From {found.different_pairs:,} pairs of different people and {found.same_pairs:,} of one person, of "
        f"{plural(found.people, 'person')}; checked on {plural(check['people'], 'person')}: {check['people_are']}."
    )
    if any(one.saturated for one in found.thresholds):
        say(
            "Where no similarity is given, more pairs of different people than that have similarity 1: the model gives "
            "nearly one vector to all crops, or pictures are labelled as several people."
        )
    if any(one.similarity is None and not one.saturated for one in found.thresholds):
        say(f"A threshold needs {LEAST_EFFECTIVE} independent false matches; label more people for the lower ones.")
    if doubt := few_people(found.people):
        say(doubt)
    if check["coverage"] is not None:
        say(f"In random halves of these people {100 * check['coverage']:.0f} % of the intervals held (95 % should).")
    say(f"Expected calibration error of probabilities at even odds: {100 * check['calibration_error']:.1f} %.")
