"""The form for a new run: the few values that matter in sight, the rest folded, checked while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.shared import markup
from pages.components.shared.chosen_gallery import draw_gallery_field, turn_to
from pages.components.training.new_run_summary import draw_starting, draw_summary
from pages.components.training.state import RunForm, training_state
from reid_core.errors import ReidError
from reid_core.training.loss_text import PAIR_LOSSES, parse_losses
from reid_core.training.recipe import (
    GROUPS,
    OPEN,
    RECIPES,
    STARTS,
    Recipe,
    RecipeValue,
    get_recipe,
    read_value,
    recipe_values,
)
from reid_core.training.recipe_file import from_yaml
from reid_core.training.run import Run
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.runs import network_names
from reid_core.workspace.runs.overview import run_summaries
from reid_core.workspace.workspace import Workspace

ABOUT = {
    "reference": "the published experiment, value for value",
    "strong": "how the shipped model market was made: from drawn people, changed colours, a wider margin, 10 epochs",
    "quick": "small pictures and one epoch, to see whether it works at all",
}
FIRST = ("backbone", "loss", "batch_size", "epochs", "learning_rate", "height", "width")  # of what is in sight
BACKBONES = (
    "tf_efficientnet_b0_ns", "tf_efficientnet_lite0", "mobilenetv4_conv_small", "mobilenetv4_conv_medium", "resnet18",
    "resnet50", "vit_small_patch16_224",
)  # fmt: skip
state = st.session_state
Values = dict[str, str]


def draw_new_run(workspace: Workspace, galleries: Sequence[GalleryInfo], gallery: str) -> None:
    now, form = training_state(), training_state().form
    if now.starting is not None:  # the form waits with what stands in it
        draw_starting(workspace)
        return
    _take_copy(workspace, galleries, gallery)
    network_names.list_in_background(workspace)
    if not form.filled:
        _fill(RECIPES["reference"], "reference")
    for name in form.values:  # what was typed just now decides which of the others are shown
        if (key := f"trn-v-{form.filled}-{name}") in state:
            form.values[name] = "" if state[key] is None else str(state[key]).strip()
    with st.container(key="trn-new"):
        left, beside = st.columns([17, 10], gap="large")
    problems: dict[str, str] = {}
    with left:
        _draw_start(workspace, galleries, gallery)
        with st.container(horizontal=True, key="trn-open"):
            for name in names_of(OPEN):
                _draw_value(workspace, name, problems)
        for group in GROUPS:
            _draw_group(workspace, group, names_of(group), problems)
        _draw_file()
    recipe, trouble = _recipe(problems)
    with beside, st.container(key="trn-summary"):
        draw_summary(workspace, gallery, recipe, trouble)


def names_of(group: str) -> tuple[str, ...]:
    """The recipe's values that stand there; in sight, those first that decide most."""
    names = tuple(value.name for value in recipe_values() if value.group == group)
    return tuple(sorted(names, key=FIRST.index)) if group == OPEN else names


# --- where it starts from ---


def _draw_start(workspace: Workspace, galleries: Sequence[GalleryInfo], gallery: str) -> None:
    form = training_state().form
    with st.container(horizontal=True, vertical_alignment="bottom", key="trn-what"):
        draw_gallery_field(galleries, label="visible", width=220)
        stem = f"{gallery}-{form.source if form.source in RECIPES else 'run'}"
        if not form.is_typed:
            form.name = workspace.free_run_name(form.stem or stem)
        st.text_input("Name of the run", key=_name_key(form), value=form.name, on_change=_named, width=280)
    names = list(RECIPES)
    now = form.source if form.source in names else None
    chosen = st.segmented_control(
        "Recipe", names, default=now, key=f"trn-recipe-{form.filled}", help="All its values can be changed below."
    )
    if chosen is not None and chosen != form.source:
        _fill(get_recipe(chosen), chosen)
        st.rerun()
    about = ABOUT.get(form.source, form.source)
    markup.text('<p class="rt-small tr-about">{about}</p>', about=about[0].upper() + about[1:] + ".")


def _name_key(form: RunForm) -> str:
    return f"trn-name-{form.filled}"


def _named() -> None:
    form = training_state().form
    form.name = state[_name_key(form)].strip()
    form.is_typed = bool(form.name)


def _fill(recipe: Recipe, source: str, *, stem: str = "") -> None:
    """All fields from a recipe; the widgets are made anew, or they would keep what was typed."""
    form = training_state().form
    form.base, form.source = recipe, source
    form.values = {value.name: _shown(getattr(recipe, value.name)) for value in recipe_values()}
    form.filled += 1
    form.is_typed, form.stem = False, stem


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def _take_copy(workspace: Workspace, galleries: Sequence[GalleryInfo], gallery: str) -> None:
    now = training_state()
    name, now.copy = now.copy, None
    if name is None:
        return
    try:
        stand = Run(workspace.runs_folder / name).state()
    except ReidError as error:
        markup.problem("This run cannot be copied", str(error))
        return
    _fill(stand.recipe, f"copy of {name}", stem=name)
    if stand.gallery != gallery and stand.gallery in {info.name for info in galleries}:
        turn_to(stand.gallery)
        st.rerun()


def _draw_file() -> None:
    with st.expander("From a recipe file"):
        file = st.file_uploader(
            "A recipe as YAML", type=["yaml", "yml"], key=f"trn-file-{training_state().form.filled}"
        )
        if file is None:
            return
        try:
            recipe = from_yaml(file.getvalue()[: 2**20].decode("utf-8", "replace"), called=file.name)
        except ReidError as error:
            markup.problem("This recipe cannot be used", str(error))
            return
        _fill(recipe, f"from {file.name}", stem=Path(file.name).stem)
        st.rerun()


# --- the values ---


def _draw_group(workspace: Workspace, title: str, names: Sequence[str], problems: dict[str, str]) -> None:
    used, form = [name for name in names if _is_used(name)], training_state().form
    changed = [name for name in used if form.values[name] != _shown(getattr(form.base, name))]
    beside = f" · {len(changed)} changed" if changed else ""
    with st.expander(f"{title}{beside}", key=f"trn-group-{title}"):
        with st.container(horizontal=True, key=f"trn-fields-{title.split()[0].lower()}"):
            for name in used:
                _draw_value(workspace, name, problems)
        if not used:
            markup.text('<p class="rt-small">Nothing here is used by these losses.</p>')


def _draw_value(workspace: Workspace, name: str, problems: dict[str, str]) -> None:
    value = next(value for value in recipe_values() if value.name == name)
    form = training_state().form
    label, key, values = name.replace("_", " ").capitalize(), f"trn-v-{form.filled}-{name}", form.values
    with st.container(key=f"trn-field-{name}", width="content"):
        said = _widget(workspace, value, label, key, values[name])
        values[name] = "" if said is None else str(said).strip()
        try:
            read_value(name, values[name])
            if name == "backbone":
                network_names.check(workspace, values[name])
        except ReidError as error:
            problems[name] = str(error)
            markup.text('<p class="tr-wrong" role="alert">{sentence}</p>', sentence=error)


def _widget(workspace: Workspace, value: RecipeValue, label: str, key: str, now: str) -> str | None:
    about = value.meaning[0].upper() + value.meaning[1:] + "."
    wide = 292 if value.kind is str and not value.choices else 138
    if value.choices:
        choices = list(value.choices)
        index = choices.index(now) if now in choices else 0
        return st.selectbox(label, choices, index=index, key=key, help=about, width=wide)
    some = {"backbone": _backbones, "weights": _starts}.get(value.name)
    if some is not None:
        choices = list(dict.fromkeys([now, *some(workspace)]))
        return st.selectbox(label, choices, key=key, help=about, width=wide, accept_new_options=True)
    return st.text_input(label, now, key=key, help=about, width=wide)


def _backbones(workspace: Workspace) -> list[str]:
    used = [summary.state.recipe.backbone for summary in run_summaries(workspace) if summary.state]
    return list(dict.fromkeys([*used, *BACKBONES]))


def _starts(workspace: Workspace) -> list[str]:
    """What needs no file, and the earlier runs that have a model."""
    return [*STARTS, *(f"run:{run.folder.name}" for run in workspace.runs() if run.model.is_dir())]


def _losses() -> set[str]:
    try:
        return set(parse_losses(training_state().form.values["loss"]))
    except ReidError:
        return set()


_WHEN: dict[str, Callable[[set[str], Values], bool]] = {
    "margin": lambda losses, _: "arcface" in losses,
    "cosface_margin": lambda losses, _: "cosface" in losses,
    "scale": lambda losses, _: bool({"arcface", "cosface"} & losses),
    "label_smoothing": lambda losses, _: "cross-entropy" in losses,
    "triplet_margin": lambda losses, _: "triplet" in losses,
    "circle_margin": lambda losses, _: "circle" in losses,
    "circle_scale": lambda losses, _: "circle" in losses,
    "temperature": lambda losses, _: "supcon" in losses,
    "memory": lambda losses, values: bool(PAIR_LOSSES.keys() & losses) or values["memory"] != "0",
    "crops_per_person": lambda _, values: values["batches"] != "random",
    "momentum": lambda _, values: values["optimiser"] == "sgd",
    "warmup": lambda _, values: values["schedule"] != "one-cycle" or values["warmup"] != "0",
    "step_every": lambda _, values: values["schedule"] == "step",
    "step_factor": lambda _, values: values["schedule"] == "step",
    "cycle_rise": lambda _, values: values["schedule"] == "one-cycle",
}


def _is_used(name: str) -> bool:
    """Whether the value says anything beside the others as they are now."""
    return name not in _WHEN or _WHEN[name](_losses(), training_state().form.values)


def _recipe(problems: dict[str, str]) -> tuple[Recipe | None, str]:
    """The recipe that stands in the form, or what keeps it from being one."""
    if problems:
        return None, next(iter(problems.values()))
    try:
        return Recipe().replace(**training_state().form.values), ""
    except ReidError as error:
        return None, str(error)
