"""Which crops a selection means, in SQL, as JSON and in words: one line each of one table."""

from __future__ import annotations

import dataclasses

import pytest

from reid_core.errors import ReidError
from reid_core.workspace.catalogue.selection import WAYS, Selection

EVERYTHING = Selection(
    identities=frozenset({"anna"}), cameras=frozenset({"2", "10"}), tracklets=frozenset({"t1"}),
    splits=frozenset({"query"}), sources=frozenset({4, 3}), recordings=frozenset({"gate.mp4"}),
    ids=frozenset({1, 2}), after=5.0, before=2e8,
    older_than=3e8, flaw="any", missing="time", alike=True, not_indexed_by="m1",
    directions=frozenset({"stays", "to the left"}), zones=frozenset({"door"}),
)  # fmt: skip


def test_each_way_to_select_has_its_line() -> None:
    """One that had none would select more than was asked for, and a deletion take it."""
    assert list(WAYS) == [field.name for field in dataclasses.fields(Selection)]
    assert all(value not in (None, False) for value in vars(EVERYTHING).values())


def test_every_way_comes_back_from_json_and_is_a_condition_and_words() -> None:
    assert Selection.from_json(EVERYTHING.to_json()) == EVERYTHING
    condition, values = EVERYTHING.where(7)
    assert condition.count("?") == len(values)
    assert EVERYTHING.describe() == (
        "identity anna, cameras 2, 10, tracklet t1, split query, source 3, 4, recording gate.mp4, 2 chosen crops, "
        "from 0:00:05, until 1976-05-03T19:33:20Z, taken before 1979-07-05T05:20:00Z, any flaw, without time, "
        "look-alikes, not embedded by m1, directions stays, to the left, zone door"
    )
    hidden = EVERYTHING.describe(names=False)
    assert hidden.startswith("1 identity, cameras 2, 10, 1 tracklet, split query, source 3, 4, 1 recording, 2 chosen")
    assert Selection().describe() == "every crop"
    assert Selection().where(7) == ("crop.gallery = ?", [7])


@pytest.mark.parametrize("text", ['{"cameras": "2"}', '{"ids": [true]}', '{"colour": ["red"]}', '{"before": 1e300}'])
def test_half_a_selection_is_refused(text: str) -> None:
    with pytest.raises(ReidError, match="no selection of crops"):
        Selection.from_json(text)
