"""Commands of several runs that answer one question, cross-validate and tune; and backbones, what can be trained."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.shared import recipe_options
from reid_core.cli.shared.console import print_json, print_table, progress_bar, say, warn
from reid_core.cli.shared.options import (
    REPORTER,
    GalleryArgument,
    JsonOption,
    TrackOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
)
from reid_core.errors import ReidError
from reid_core.signals import stop_on_signal
from reid_core.workspace.runs import network_names

if TYPE_CHECKING:
    from reid_core.workspace.runs.experiments import Part
    from reid_core.workspace.workspace import Workspace

_ANY_VALUE = {"allow_extra_args": True, "ignore_unknown_options": True}
RecipeOption = Annotated[str, typer.Option(help="Recipe to start from: a name, or a .yaml file.")]
NameOption = Annotated[str | None, typer.Option(help="Runs are called NAME-fold1 or NAME-t01 and so on.")]


@app.command(
    "cross-validate", rich_help_panel="Training", context_settings=_ANY_VALUE, epilog=recipe_options.help_text()
)
def cross_validate(
    context: typer.Context,
    gallery: GalleryArgument,
    folds: Annotated[int, typer.Option(help="Parts that the training identities are divided into.")] = 5,
    recipe: RecipeOption = "reference",
    name: NameOption = None,
    track: TrackOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Train once for each fold of the training identities and measure on that fold. Run again to go on."""
    from reid_core.workspace.runs.experiments import Experiment, mean_and_deviation
    from reid_core.workspace.runs.experiments import cross_validate as run_folds
    from reid_core.workspace.runs.training import chosen_recipe, run_stem

    opened = open_workspace(workspace)
    chosen = chosen_recipe(opened, recipe, recipe_options.parse(context.args))
    with stop_on_signal() as stop:
        experiment = Experiment(
            opened, gallery, chosen, name or run_stem(gallery, recipe), stop,
            lambda title: progress_bar(title, REPORTER), warn if json else say, track or (),
        )  # fmt: skip
        parts = run_folds(experiment, folds)
    means = {figure: mean_and_deviation([getattr(part, figure) for part in parts]) for figure in ("mAP", "rank1")}
    if json:
        print_json({"folds": [dataclasses.asdict(part) for part in parts], "mean_and_deviation": means})
    else:
        print_table(["run", "status", "epoch", "mAP", "Rank-1"], [_row(part) for part in parts])
        for title, figure in (("mAP", "mAP"), ("Rank-1", "rank1")):
            if found := means[figure]:
                say(f"{title}: mean {100 * found[0]:.1f} %, standard deviation {100 * found[1]:.1f} over the folds.")
        _say_of_cameras(opened, gallery)
        say("Each fold's best epoch was chosen on the fold itself, so these figures are a little too good.")
    end_if_stopped(any(part.status == "stopped" for part in parts), "cross-validate")


@app.command(rich_help_panel="Training", context_settings=_ANY_VALUE, epilog=recipe_options.help_text())
def tune(
    context: typer.Context,
    gallery: GalleryArgument,
    tries: Annotated[list[str], typer.Option("--try", help="Values to try: learning_rate=1e-3,3e-4; repeatable.")],
    trials: Annotated[int | None, typer.Option(help="Trials that Optuna chooses; default: every combination.")] = None,
    recipe: RecipeOption = "quick",
    name: NameOption = None,
    track: TrackOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Search values of a recipe for the highest validation mAP; a run for each trial. Run again to go on."""
    from reid_core.training.planning.tuning import parse_space, typed_space
    from reid_core.workspace.runs.experiments import Experiment, in_order_of_merit
    from reid_core.workspace.runs.experiments import tune as run_trials
    from reid_core.workspace.runs.training import chosen_recipe, run_stem

    opened = open_workspace(workspace)
    chosen = chosen_recipe(opened, recipe, recipe_options.parse(context.args))
    space = typed_space(chosen, parse_space(tries))
    with stop_on_signal() as stop:
        experiment = Experiment(
            opened, gallery, chosen, name or f"{run_stem(gallery, recipe)}-search", stop,
            lambda title: progress_bar(title, REPORTER), warn if json else say, track or (),
        )  # fmt: skip
        parts = list(in_order_of_merit(run_trials(experiment, space, trials)))
    failed = [part for part in parts if part.status == "failed"]
    if json:
        print_json({"trials": [dataclasses.asdict(part) for part in parts], "failed": len(failed)})
    else:
        print_table(
            ["run", "status", "epoch", "mAP", "Rank-1", *space],
            [[*_row(part), *(part.values.get(value, "") for value in space)] for part in parts],
        )
        for part in failed:
            warn(f"{part.run} failed: {part.message}")
        _say_of_cameras(opened, gallery)
        say("All trials share their validation people, whom the best was chosen by: measure it on others.")
    end_if_stopped(any(part.status == "stopped" for part in parts), "tune")


def _say_of_cameras(workspace: Workspace, gallery: str) -> None:
    from reid_core.workspace.evaluations.measuring import camera_caution

    if caution := camera_caution(workspace, gallery, ["train"]):
        say(caution)


def _row(part: Part) -> Sequence[object]:
    shares = ["" if share is None else f"{100 * share:.1f} %" for share in (part.mAP, part.rank1)]
    return [part.run, part.status, part.epoch or "", *shares]


@app.command(rich_help_panel="Training")
def backbones(
    pattern: Annotated[str, typer.Argument(help="One name, or only names like this: '*efficientnet*'.")] = "*",
    keep: Annotated[bool, typer.Option("--keep", help="Keep all names for the Training page.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show the networks that can be trained, and which of them have pretrained weights."""
    from reid_core.embedder import torchvision_shim  # noqa: F401  isort: skip  (before timm)
    import timm

    from reid_core.embedder.network import check_backbone
    from reid_core.embedder.weights import SHIPPED

    if keep:
        network_names.keep(open_workspace(workspace), timm.list_models(), list(timm.models.get_deprecated_models()))
    pretrained = set(timm.list_models(pretrained=True))
    plain = {name.partition(".")[0] for name in pretrained}
    names = [name for name in timm.list_models() if fnmatch.fnmatch(name, pattern)]
    if not names and not set(pattern) & set("*?["):
        check_backbone(pattern)
        names = [pattern]  # a tag or an older name, which the list leaves out
    if not names:
        raise ReidError(f"No network is called like {pattern!r}. Try '*efficientnet*'.")
    weights = {
        name: "here" if name in SHIPPED else "by download" if name in plain | pretrained else "none" for name in names
    }
    if json:
        print_json({"backbones": weights})
    else:
        print_table(["network", "pretrained weights"], [[name, where] for name, where in weights.items()])
