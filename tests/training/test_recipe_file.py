from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reid_core.errors import ReidError
from reid_core.training.recipe import RECIPES, Recipe, recipe_values
from reid_core.training.recipe_file import from_yaml, read_recipe, to_yaml

SHARE = st.floats(0, 1)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    return Recipe(
        backbone=draw(words),
        weights=draw(words | st.sampled_from(["none", "yes", "12", "1e3", "a: b # c", "- x", "null"])),
        pooling=draw(st.sampled_from(["average", "gem"])),
        loss=draw(st.sampled_from(["arcface", "cosface + 0.25 circle", "2 supcon+triplet"])),
        learning_rate=draw(st.floats(1e-12, 9)),
        weight_decay=draw(st.floats(0, 1e9)),
        erasing=draw(SHARE),
        flip=draw(SHARE),
        epochs=draw(st.integers(1, 10**9)),
        seed=draw(st.integers(0, 2**40)),
    )


@given(recipe=recipes())
def test_a_recipe_written_as_yaml_is_read_back_as_it_was(recipe: Recipe) -> None:
    assert from_yaml(to_yaml(recipe)) == recipe


@pytest.mark.parametrize("name", RECIPES)
def test_every_value_of_every_recipe_is_in_its_file_with_its_meaning(name: str) -> None:
    text = to_yaml(RECIPES[name])
    assert set(yaml.safe_load(text)) == {value.name for value in recipe_values()}
    assert all(value.meaning[1:] in text for value in recipe_values())
    assert from_yaml(text) == RECIPES[name]


def test_what_a_file_leaves_out_is_as_in_the_reference(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("epochs: 7\nlearning_rate: 3e-4\n")  # YAML 1.1 reads 3e-4 as text
    assert read_recipe(str(file)) == Recipe(epochs=7, learning_rate=3e-4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch: 3", "Did you mean epochs"),
        ("epochs: 3\nepochs: 4", "epochs stands there twice"),
        ("epochs: yes", "whole number"),
        ("backbone: 18", "must be text"),
        ("flip: .nan", "finite"),
        ("epochs: [1, 2]", "whole number"),
        ("- epochs", "holds no values"),
        ("", "holds no values"),
        ("epochs: {", "not YAML"),
        ("!!python/object/apply:os.system ['true']", "not YAML"),
        ("optimiser: adanw", "Did you mean adamw"),
    ],
)
def test_a_file_that_is_no_recipe_is_a_sentence_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ReidError, match=said) as raised:
        read_recipe(str(file))
    assert "mine.yaml" in str(raised.value)


def test_a_recipe_file_that_is_missing_or_no_text_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match="cannot be read"):
        read_recipe(str(tmp_path / "none.yaml"))
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReidError, match="no text"):
        read_recipe(str(tmp_path / "bytes.yaml"))


BOMB = "epochs: [&a [x,x,x,x,x,x,x,x,x], " + ", ".join(
    f"&{name} [{','.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB + "]", "anchor"),
        ("flip: &a 0.5\nerasing: *a", "anchor"),
        ("erasing: *a", "alias"),
        ("epochs: !!int '3'", "names a type"),
        ("epochs: " + "[" * 9_000, "nested too deep"),
        ("[a, b]: 3", "a name is a list"),
        ("epochs:", "epochs has no value"),
        ("weights: null", "weights has no value"),
        ("epochs: 3\n'epochs': 4", "stands there twice"),
        ("a: " + "x" * 70_000, "larger than any recipe"),
    ],
)
def test_what_no_recipe_needs_is_refused_in_a_short_sentence_and_little_memory(text: str, said: str) -> None:
    tracemalloc.start()
    with pytest.raises(ReidError, match=said) as raised:
        from_yaml(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(str(raised.value)) < 500
    assert peak < 20 * 2**20


@pytest.mark.parametrize(
    "typed", ["1:30", "12:30:45", "010", "0o10", "0x10", "1_000", "2026-03-02", "yes", "on", "٣", "9" * 5_000, "1e999"]
)
@pytest.mark.parametrize("name", ["warmup", "patience"])
def test_what_yaml_takes_for_another_number_is_refused_as_it_was_typed(name: str, typed: str) -> None:
    with pytest.raises(ReidError, match=f"{name} is ") as raised:
        from_yaml(f"{name}: {typed}")
    assert typed[:9] in str(raised.value) or "inf" in str(raised.value)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("typed", ["2026-03-02", "1:30", "0x10", "yes", "run:mine@3"])
def test_text_is_read_as_it_was_typed(typed: str) -> None:
    assert from_yaml(f"weights: {typed}").weights == typed


@pytest.mark.parametrize("name", ["epochs", "weights", "loss", "pooling", "x" * 60_000])
def test_a_long_value_is_shown_by_its_ends(name: str) -> None:
    with pytest.raises(ReidError) as raised:
        from_yaml(f"{name}: [{'x ' * 1000}]" if name == "weights" else f"? {name}\n: {'x ' * 1000}end")
    assert len(str(raised.value)) < 1_000
