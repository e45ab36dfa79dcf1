"""What text given to an option is read as, and that odd text is answered in a short sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reid_core.cli.shared import options
from reid_core.errors import ReidError
from reid_core.workspace.cases import cases
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, Ended


def test_sizes_and_numbers_are_read_as_they_are_written() -> None:
    assert options.whole_numbers("256X128", "--size", "x", 2) == [256, 128]
    assert options.three_numbers("0.5, 1e-1,.25", "--std") == (0.5, 0.1, 0.25)
    assert options.hours_of_the_day("22-1,7") == frozenset({22, 23, 0, 1, 7})


@pytest.mark.parametrize("part", ["9" * 5_000, "1_0", "٣", "-1", "1e3", "²", ""])
def test_a_size_of_anything_but_digits_is_a_short_sentence(part: str) -> None:
    with pytest.raises(ReidError, match="must be 2 whole numbers") as raised:
        options.whole_numbers(f"{part}x128", "--size", "x", 2)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("part", ["9" * 5_000, "1_0", "nan", "inf", "1e999", "x", ""])
def test_a_mean_of_anything_but_finite_numbers_is_a_short_sentence(part: str) -> None:
    with pytest.raises(ReidError, match="must be three numbers") as raised:
        options.three_numbers(f"0.5,{part},0.5", "--mean")
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("text", ["٣", "7-٩", "24", "9" * 5_000, "1e1"])
def test_an_hour_of_anything_but_two_digits_is_a_short_sentence(text: str) -> None:
    with pytest.raises(ReidError, match="is no hour of the day") as raised:
        options.hours_of_the_day(text)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate", TINY_GALLERY, "--models", "z" * 5_000],
        ["import", "z" * 5_000, "--gallery", "g"],
        ["model", "add", "z" * 5_000, "--name", "x"],
        ["evaluate", TINY_GALLERY, "--seed", "-1"],
        ["calibrate", TINY_GALLERY, "--seed", "-1"],
        ["audit", "--last", str(2**63)],
        ["case", "judge", "door", str(2**63), "--verdict", "match"],
    ],
    ids=lambda arguments: f"{arguments[0]} {arguments[-2]}"[:40],
)
def test_names_and_numbers_that_nothing_can_have_are_a_sentence(
    run_command: Callable[..., Ended], tiny_workspace: Workspace, arguments: list[str]
) -> None:
    cases.create(tiny_workspace, "door", "a lost bag")
    ended = run_command(tiny_workspace.path, *arguments)
    assert ended.code in (1, 2)
    assert "Error" in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err) < 2_000
