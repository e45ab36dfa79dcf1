"""A few inputs of every target with one seed: that the targets work; `make fuzz` is what looks for faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.running import run_target
from tests.fuzz.target import LongMessage, Target, try_one
from tests.fuzz.targets import NAMES, load

INPUTS = {
    "names": 200,
    "filters": 200,
    "selections": 100,
    "protocols": 100,
    "recipe-options": 50,
    "pictures": 30,
    "scenes": 60,
}
SLOW = ("commands", "addresses")  # tests/pages/test_addresses.py and tests/test_cli*.py are theirs


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SLOW])
def test_the_first_inputs_are_answered(name: str, tmp_path: Path) -> None:
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    target = load(name)
    attempt = target.prepare(prepared)
    for number in range(INPUTS.get(name, 8)):
        folder = tmp_path / str(number)
        folder.mkdir()
        try_one(target, attempt, 0, number, folder)


def test_the_same_seed_makes_the_same_input(tmp_path: Path) -> None:
    pictures = load("pictures")
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        try_one(pictures, pictures.prepare(tmp_path), 5, 3, tmp_path / place)
    assert (tmp_path / "one" / "picture").read_bytes() == (tmp_path / "two" / "picture").read_bytes()


def test_an_answer_is_no_find_and_anything_else_is(tmp_path: Path) -> None:
    def raising(error: Exception) -> Target:
        def attempt(*_: object) -> None:
            raise error

        return Target("odd", lambda prepared: attempt, (ValueError,))

    for error, kind in ((KeyError("x"), KeyError), (ValueError("x" * 10_000), LongMessage)):
        target = raising(error)
        with pytest.raises(kind):
            try_one(target, target.prepare(tmp_path), 0, 0, tmp_path)
    target = raising(ValueError("no"))
    try_one(target, target.prepare(tmp_path), 0, 0, tmp_path)


def test_a_process_of_its_own_counts_what_it_tried(tmp_path: Path) -> None:
    tried = run_target("selections", 300, 0, tmp_path, inputs=20)
    assert tried.inputs == 20
    assert tried.finds == ()
