from __future__ import annotations

from collections import defaultdict
from itertools import product
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.errors import ReidError
from reid_core.records import (
    Records,
    harmless,
    is_unsafe_path,
    listed,
    make_records,
    natural_order,
    plural,
    split_identities,
    two_digits,
    whole_number,
)

FEW = settings(max_examples=40, deadline=None)  # each example builds several tables
MANY = settings(deadline=None)

CROPS = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bo", "cy", "dee", "eve", "flo", "distractor", "junk", None]),
        st.sampled_from(["1", "2", "3", None]),
    ),
    max_size=40,
)


def records_of(crops: list[tuple[str | None, str | None]]) -> Records:
    return make_records(
        path=[f"{row}.jpg" for row in range(len(crops))],
        identity=[identity for identity, _ in crops],
        camera=[camera for _, camera in crops],
    )


def split_of(records: Records) -> dict[str, str]:
    return dict(zip(records.table["path"], records.table["split"], strict=True))


def test_left_out_columns_are_unknown_and_the_split_is_gallery() -> None:
    table = make_records(path=["a.jpg", "b.jpg"], identity=["x", None]).table
    assert table["identity"].tolist() == ["x", None]
    assert table["camera"].tolist() == [None, None]
    assert table["tracklet"].tolist() == [None, None]
    assert table["split"].tolist() == ["gallery", "gallery"]
    assert table["time"].dtype == np.float64
    assert table["time"].isna().all()


def test_every_kind_of_missing_label_becomes_none() -> None:
    table = make_records(path=list("abcd"), identity=[None, float("nan"), pd.NA, "x"]).table
    assert table["identity"].tolist() == [None, None, None, "x"]


def test_a_table_without_a_column_is_refused_by_its_name() -> None:
    table = make_records(path=["a.jpg"]).table.drop(columns=["camera"])
    with pytest.raises(ReidError, match="no column camera"):
        Records(table)


@pytest.mark.parametrize(
    "path", ["../a.jpg", "/etc/a.jpg", "x/../../a.jpg", "C:\\a.jpg", "c:a.jpg", "..\\a.jpg", "a\0.jpg"]
)
def test_a_path_that_leads_out_is_refused_with_its_row(path: str) -> None:
    assert is_unsafe_path(path)
    with pytest.raises(ReidError, match="Row 1: the path"):
        make_records(path=["fine.jpg", path])


@pytest.mark.parametrize(
    "path",
    ["a.jpg", "x/a..b.jpg", "..a/b.jpg", "x/./a.jpg", "ü/日.png", "a b.jpg", "1:05.jpg", "é:1.jpg", ":.jpg", "x/c:d"],
)
def test_ordinary_paths_are_safe(path: str) -> None:
    assert not is_unsafe_path(path)
    assert len(make_records(path=[path])) == 1


@pytest.mark.parametrize("path", ["", None])
def test_a_missing_path_is_refused_with_its_row(path: str | None) -> None:
    with pytest.raises(ReidError, match="Row 0 of the table of crops has no path"):
        make_records(path=[path])


def test_a_path_that_appears_twice_is_refused() -> None:
    with pytest.raises(ReidError, match=r"'a.jpg' appears twice \(row 2\)"):
        make_records(path=["a.jpg", "b.jpg", "a.jpg"])


def test_a_label_that_is_not_text_is_refused_with_its_row() -> None:
    with pytest.raises(ReidError, match=r"Row 1: the camera 2 is not text; write it as '2'"):
        make_records(path=["a.jpg", "b.jpg"], camera=["1", 2])


@pytest.mark.parametrize("time", [-1.0, 1.7e12, float("inf")])
def test_a_time_that_no_calendar_knows_is_refused_with_its_row(time: float) -> None:
    with pytest.raises(ReidError, match="Row 1: the time"):
        make_records(path=["a.jpg", "b.jpg"], time=[0.0, time])


def test_an_unknown_split_is_refused_with_its_row() -> None:
    with pytest.raises(ReidError, match="Row 1: the split is 'valid'"):
        make_records(path=["a.jpg", "b.jpg"], split=["train", "valid"])


@pytest.mark.parametrize("other", ["query", "gallery"])
def test_an_identity_on_both_sides_is_refused_by_name(other: str) -> None:
    with pytest.raises(ReidError, match="Identity 'ada' is in the training split and in"):
        make_records(path=["a.jpg", "b.jpg"], identity=["ada", "ada"], split=["train", other])


@pytest.mark.parametrize("label", ["distractor", "junk", None])
def test_distractors_junk_and_unknown_people_may_be_on_both_sides(label: str | None) -> None:
    records = make_records(path=["a.jpg", "b.jpg"], identity=[label, label], split=["train", "gallery"])
    assert records.identities() == []


def test_describe_counts_splits_people_and_cameras() -> None:
    records = make_records(
        path=list("abcdef"),
        identity=["1", "2", "2", "distractor", "junk", None],
        camera=["1", "1", "2", "3", None, None],
        split=["train", "query", "gallery", "gallery", "gallery", "gallery"],
    )
    assert records.describe() == "1 train, 1 query, 4 gallery crops, 2 identities, 3 cameras"
    assert make_records(path=["a"], identity=["x"], camera=["1"]).describe() == "1 gallery crop, 1 identity, 1 camera"
    assert make_records(path=[]).describe() == "no crops"


def test_of_split_keeps_the_rows_of_the_named_splits_in_order() -> None:
    records = make_records(path=list("abcd"), split=["gallery", "query", "train", "query"])
    assert records.of_split("query", "gallery").table["path"].tolist() == ["a", "b", "d"]


def test_names_in_a_sentence_are_listed_with_how_many_more_there_are() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdef")) == "a, b, c, d, e and f"  # "1 more" would take as much room
    assert listed(list("abcdefgh")) == "a, b, c, d, e and 3 more"
    assert listed([str(number) for number in range(1234)], most=1) == "0 and 1,233 more"
    assert listed(["x" * 400, "b"]).endswith("x and b")
    assert len(listed(["x" * 400, "b"])) < 50


def test_two_digits_without_an_exponent() -> None:
    for value, words in ((0, "0"), (0.00001234, "0.000012"), (0.5, "0.5"), (99.7, "100"), (2437, "2,400")):
        assert two_digits(value) == words


def test_plural_words() -> None:
    assert plural(1, "camera") == "1 camera"
    assert plural(1234, "identity") == "1,234 identities"
    assert plural(2, "crop", number=False) == "crops"
    assert plural(5, "epoch") == "5 epochs"
    assert [plural(2, noun) for noun in ("search", "match", "box", "person")] == [
        "2 searches", "2 matches", "2 boxes", "2 people",
    ]  # fmt: skip


def test_numbers_are_ordered_as_people_count() -> None:
    assert natural_order(["10", "9", "b", "cam10", "cam9", "10"]) == ["9", "10", "b", "cam9", "cam10"]
    assert natural_order(["²", "1" * 5000, "2"]) == ["2", "1" * 5000, "²"]


@MANY
@given(st.sets(st.integers(0, 10**6)), st.sampled_from(["", "c", "camera-"]))
def test_natural_order_sorts_numbered_labels_by_their_number(numbers: set[int], prefix: str) -> None:
    assert natural_order(f"{prefix}{number}" for number in numbers) == [f"{prefix}{n}" for n in sorted(numbers)]


@MANY
@given(st.lists(st.text(alphabet="ab01²-", max_size=6)))
def test_natural_order_keeps_each_label_once_whatever_the_order_they_come_in(labels: list[str]) -> None:
    ordered = natural_order(labels)
    assert sorted(ordered) == sorted(set(labels))
    assert natural_order(reversed(labels)) == ordered


def test_a_query_of_the_camera_with_the_only_repeated_view_still_has_a_match_elsewhere() -> None:
    # Camera 1 saw her twice, camera 2 once: were both cameras asked, nothing but camera 1 would be left to find.
    split = split_of(split_identities(records_of([("ada", "1"), ("ada", "1"), ("ada", "2")]), train_share=0))
    assert sorted([split["0.jpg"], split["1.jpg"]]) == ["gallery", "query"]
    assert split["2.jpg"] == "gallery"


def test_two_single_views_make_one_query_and_one_gallery_crop() -> None:
    split = split_of(split_identities(records_of([("ada", "1"), ("ada", "2")]), train_share=0))
    assert sorted(split.values()) == ["gallery", "query"]


def test_each_camera_asks_once_where_two_cameras_saw_her_twice() -> None:
    crops = [("ada", "1"), ("ada", "1"), ("ada", "2"), ("ada", "2"), ("ada", "3")]
    table = split_identities(records_of(crops), train_share=0).table  # type: ignore[arg-type]
    assert sorted(table[table["split"] == "query"]["camera"]) == ["1", "2", "3"]


def test_a_person_of_one_crop_is_gallery() -> None:
    assert split_of(split_identities(records_of([("ada", "1")]), train_share=0)) == {"0.jpg": "gallery"}


@FEW
@given(CROPS, st.integers(0, 50), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_nobody_is_on_both_sides_and_only_people_are_trained_on_or_asked_for(
    crops: list[tuple[str | None, str | None]], seed: int, share: float
) -> None:
    table = split_identities(records_of(crops), train_share=share, seed=seed).table
    sides = defaultdict(set)
    for identity, split in zip(table["identity"], table["split"], strict=True):
        sides[identity].add(split == "train")
        if identity in ("distractor", "junk", None):
            assert split == "gallery"
    assert all(len(side) == 1 for side in sides.values())


@pytest.mark.parametrize("seed", range(5))
def test_every_query_can_be_found(seed: int) -> None:
    cameras = ("1", "2", "3", None)
    people = {str(counts): counts for counts in product(range(4), repeat=len(cameras))}  # every mix of 0 to 3 views
    crops = [
        (p, camera) for p, counts in people.items() for camera, n in zip(cameras, counts, strict=True) for _ in range(n)
    ]
    splits = split_of(split_identities(records_of(list(crops)), train_share=0, seed=seed))
    found = defaultdict(list)
    for row, (person, camera) in enumerate(crops):
        found[person].append((camera, splits[f"{row}.jpg"]))
    for person, seen in found.items():
        queries = [camera for camera, kind in seen if kind == "query"]
        gallery = [camera for camera, kind in seen if kind == "gallery"]
        assert bool(queries) == (len(seen) >= 2), person
        assert gallery, person
        assert len(queries) == len(set(queries)), person
        if len({camera for camera, _ in seen} - {None}) >= 2:
            for query in queries:
                assert any(camera is not None and camera != query for camera in gallery), person


@FEW
@given(CROPS, CROPS, st.integers(0, 50))
def test_people_stay_on_their_side_when_the_data_set_grows(
    crops: list[tuple[str | None, str | None]], more: list[tuple[str | None, str | None]], seed: int
) -> None:
    small = split_identities(records_of(crops), seed=seed).table
    grown = split_identities(records_of(crops + more), seed=seed).table
    side = {identity: split == "train" for identity, split in zip(grown["identity"], grown["split"], strict=True)}
    for identity, split in zip(small["identity"], small["split"], strict=True):
        assert side[identity] == (split == "train")


@FEW
@given(CROPS, st.integers(0, 50), st.randoms(use_true_random=False))
def test_the_split_depends_on_the_seed_and_not_on_the_order_of_rows(
    crops: list[tuple[str | None, str | None]], seed: int, random: Random
) -> None:
    records = records_of(crops)
    order = list(range(len(records)))
    random.shuffle(order)
    shuffled = Records(records.table.iloc[order])
    assert split_of(split_identities(records, seed=seed)) == split_of(split_identities(shuffled, seed=seed))


def test_other_seeds_choose_other_people_and_the_share_is_about_as_asked() -> None:
    records = make_records(path=[f"{n}" for n in range(2000)], identity=[f"{n + 1}" for n in range(2000)])
    first, second = (split_of(split_identities(records, train_share=0.3, seed=seed)) for seed in (0, 1))
    assert first != second
    # 2000 coins of 0.3: mean 600, standard deviation 20.5; five of them on either side.
    assert 500 < sum(split == "train" for split in first.values()) < 700


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 7])
def test_people_kept_for_one_purpose_divide_by_another_at_about_the_asked_share(share: float, seed: int) -> None:
    records = make_records(path=[f"{n}" for n in range(4000)], identity=[f"{n + 1}" for n in range(4000)])
    kept = split_identities(records, train_share=0.5, seed=seed).of_split("train")
    again = split_identities(kept, train_share=share, seed=seed, purpose="validation")
    assert split_of(again) == split_of(split_identities(kept, train_share=share, seed=seed, purpose="validation"))
    trained = sum(split == "train" for split in split_of(again).values())
    expected, deviation = len(kept) * share, (len(kept) * share * (1 - share)) ** 0.5
    assert 1800 < len(kept) < 2200
    assert abs(trained - expected) < 5 * deviation


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(ReidError, match="from 0 to 1"):
        split_identities(make_records(path=["a"]), train_share=share)


@pytest.mark.parametrize("column", ["identity", "camera", "tracklet"])
def test_a_label_with_a_nul_is_refused(column: str) -> None:
    """A database would compare it only up to there: "anna\\0evil" would be somebody else, anna."""
    with pytest.raises(ReidError, match=f"Row 0: the {column}"):
        make_records(path=["a.jpg"], **{column: ["anna\0evil"]})


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("007", 7), ("9223372036854775807", 2**63 - 1)]
    + [(text, None) for text in ("9223372036854775808", "9" * 5_000, "-1", "1_0", " 1", "٣", "²", "1.0", "", None)],
)
def test_a_number_from_outside_is_digits_that_the_catalogue_can_hold(text: str | None, number: int | None) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  =", "\u3000="])
def test_text_that_a_spreadsheet_takes_for_a_formula_is_quoted(start: str) -> None:
    assert harmless(f"{start}1+1|A0") == f"'{start}1+1|A0"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a;=1", "a;'=1"), ("a\t=1", "a\t'=1"), ("a\r-1", "a\r'-1"), ("a\n@b", "a\n'@b"), ("a| ＝1", "a| '＝1"),
        ('a;"=1;', 'a;"\'=1;'), ("=a;=b;c", "'=a;'=b;c"), ("\n" * 100_000 + "=1", "'" + "\n" * 100_000 + "'=1"),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_takes_for_another_cell_is_quoted_too(value: str, shown: str) -> None:
    assert harmless(value) == shown


@pytest.mark.parametrize("value", ["a=1", "", " ", "'=1", "ada", 5, -5, -0.5, None, "2026-03-02", "a; b\n\nc-1"])
def test_other_cells_stay_as_they_are(value: object) -> None:
    assert harmless(value) == value
