"""Which column is what, by names and by what stands in them; which picture a row means; who asks and who is asked."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import describe_table, read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

NAMES = [f"{person}{shot}.jpg" for person in "abcd" for shot in range(3)]


def table(*header: str, **columns: object) -> str:
    rows = [",".join([*header])]
    rows += [",".join(str(value(place, name)) for value in columns.values()) for place, name in enumerate(NAMES)]  # type: ignore[operator]
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("start", [0, 1, 1000])
@pytest.mark.parametrize("named", ["name", "label", "person", "class", "Person Name", "individual"])
def test_a_column_that_counts_rows_is_not_the_person(miniature: Miniature, named: str, start: int) -> None:
    text = table("id", "filename", named, a=lambda n, _: start + n, b=lambda _, f: f, c=lambda _, f: f[0])
    path = miniature.make(NAMES, {"t.csv": text})
    dataset = read_dataset(path)
    assert dataset.records.identities() == ["a", "b", "c", "d"]
    assert any(f"person from '{named}'; not used: 'id'." in note for note in dataset.notes)
    if named in ("class", "name"):  # the others come before "id" by their names
        assert any("'id' is not taken for the person: every row has another value" in note for note in dataset.notes)


def test_a_number_that_repeats_is_the_person(miniature: Miniature) -> None:
    text = table("id", "image", "class", a=lambda n, _: n // 3, b=lambda _, f: f, c=lambda *_: "person")
    assert read_dataset(miniature.make(NAMES, {"t.csv": text})).records.identities() == ["0", "1", "2", "3"]


def test_a_row_number_alone_and_a_kind_of_thing_name_nobody(miniature: Miniature) -> None:
    text = table("id", "image", "label", a=lambda n, _: n, b=lambda _, f: f, c=lambda *_: "person")
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": text}))
    assert dataset.records.identities() == []
    assert sum("is not taken for the person" in note for note in dataset.notes) == 2
    given = read_dataset(miniature.make(NAMES, {"t.csv": text}), columns={"identity": "id"})
    assert len(given.records.identities()) == len(NAMES)


def test_a_persons_number_may_be_another_in_every_row(miniature: Miniature) -> None:
    text = table("pid", "image", a=lambda n, _: n, b=lambda _, f: f)  # a list of staff, a picture of each
    assert len(read_dataset(miniature.make(NAMES, {"t.csv": text})).records.identities()) == len(NAMES)


def test_the_column_of_pictures_holds_names_of_pictures(miniature: Miniature) -> None:
    text = table("image_id", "file_name", "pid", a=lambda n, _: n, b=lambda _, f: f, c=lambda _, f: f[0])
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": text}))
    assert len(dataset.records) == len(NAMES)
    assert len(dataset.records.identities()) == 4


@pytest.mark.parametrize("named", ["Time Stamp", "timeStamp", "time-stamp", "TIMESTAMP"])
def test_a_time_stamp_is_the_time_however_it_is_written(miniature: Miniature, named: str) -> None:
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": table("image", named, a=lambda _, f: f, b=lambda n, _: n)}))
    assert miniature.column(dataset, "time") == {name: float(place) for place, name in enumerate(NAMES)}


def test_a_column_of_time_zones_that_is_not_used_is_said_to_change_no_time(miniature: Miniature) -> None:
    text = table("image", "time", "tz", a=lambda _, f: f, b=lambda n, _: f"2026-03-02 08:00:{n:02}", c=lambda *_: "CET")
    (said,) = [note for note in read_dataset(miniature.make(NAMES, {"t.csv": text})).notes if "--time-zone" in note]
    assert "times are not read in the zone of 'tz'" in said


def test_one_label_is_one_person_however_its_letters_are_composed(miniature: Miniature) -> None:
    composed, apart = (unicodedata.normalize(form, "José") for form in ("NFC", "NFD"))
    label = {"a": composed, "b": apart, "c": "#N/A", "d": "#REF!"}
    text = table("image", "person", "camera", a=lambda _, f: f, b=lambda _, f: label[f[0]], c=lambda _, f: label[f[0]])
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": text}))
    assert dataset.records.identities() == [composed]
    assert composed in dataset.records.cameras()
    assert apart not in dataset.records.cameras()


def test_an_empty_column_makes_way_for_one_that_tells(miniature: Miniature) -> None:
    text = table("image", "person_id", "name", a=lambda _, f: f, b=lambda *_: "", c=lambda _, f: f[0])
    assert read_dataset(miniature.make(NAMES, {"t.csv": text})).records.identities() == ["a", "b", "c", "d"]


def test_the_description_guesses_what_is_read(miniature: Miniature) -> None:
    text = table(
        "id", "filename", "name", "date", "time",
        a=lambda n, _: n, b=lambda _, f: f, c=lambda _, f: f[0], d=lambda *_: "2026-03-02",
        e=lambda n, _: f"08:01:{n:02}",
    )  # fmt: skip
    path = miniature.make(NAMES, {"t.csv": text})
    dataset = read_dataset(path)
    first = datetime(2026, 3, 2, 8, 1, tzinfo=UTC).timestamp()
    assert dataset.records.table["time"].tolist() == [first + n for n in range(len(NAMES))]
    if not miniature.is_zip:
        described = describe_table(path / "t.csv")
        assert described.guessed == {
            "image": "filename", "identity": "name", "time": "time", "date": "date",
        }  # fmt: skip
        assert described.notes == ("'id' is not taken for the person: every row has another value",)
        assert read_dataset(path, columns=described.guessed).records.table.equals(dataset.records.table)


def test_columns_of_the_date_and_of_the_time_can_be_named(miniature: Miniature) -> None:
    text = table("image", "when", "at", a=lambda _, f: f, b=lambda *_: "02/03/2026", c=lambda *_: "08:01")
    path = miniature.make(NAMES, {"t.csv": text})
    dataset = read_dataset(path, columns={"date": "when", "time": "at"}, time_format="%d/%m/%Y %H:%M")
    assert set(dataset.records.table["time"]) == {datetime(2026, 3, 2, 8, 1, tzinfo=UTC).timestamp()}
    unknown = read_dataset(path, columns={"date": "when", "time": "at"})
    assert unknown.records.table["time"].isna().all()
    assert len(unknown.incomplete) == len(NAMES)


@pytest.mark.parametrize("form", ["%Q", "noon", "%", "%d%d", "x" * 500, ""])
def test_a_time_format_that_cannot_be_used_is_a_sentence(miniature: Miniature, form: str) -> None:
    with pytest.raises(ReidError, match=r"time format .*(?:excel|twice)") as error:
        read_dataset(miniature.make(NAMES), time_format=form)
    assert len(str(error.value)) < 400


# --- pictures ---


@pytest.mark.parametrize(
    "before",
    [
        "C:\\Users\\x\\set\\",
        "/home/x/set/",
        "D:/set/",
        "\\\\server\\share\\",
        "../set/",
        "https://host/x/",
        "file:///x/",
    ],
)
def test_paths_of_another_machine_find_the_one_picture_that_ends_alike(miniature: Miniature, before: str) -> None:
    mark = "\\" if "\\" in before else "/"
    rows = "".join(f"{before}img{mark}{name},{name[0]}\n" for name in NAMES)
    path = miniature.make([f"img/{name}" for name in NAMES], {"t.csv": f"image,pid\n{rows}"})
    dataset = read_dataset(path)
    assert miniature.column(dataset, "identity") == {f"img/{name}": name[0] for name in NAMES}
    assert dataset.skipped == ()


def test_two_paths_of_another_machine_never_mean_one_picture(miniature: Miniature) -> None:
    rows = "/x/train/1.jpg,ada\n/x/test/1.jpg,bo\n/x/train/2.jpg,cy\n"
    dataset = read_dataset(miniature.make(["test/1.jpg", "2.jpg"], {"t.csv": f"image,pid\n{rows}"}))
    assert miniature.column(dataset, "identity") == {"test/1.jpg": "bo", "2.jpg": "cy"}
    [reason] = miniature.skipped(dataset).values()
    assert "'/x/train/1.jpg' leads out of the folder" in reason


@pytest.mark.parametrize("there", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_names_are_alike_however_their_letters_are_composed(miniature: Miniature, there: str, written: str) -> None:
    names = [f"Zoë/Ünï_{number}.jpg" for number in range(2)]
    rows = "".join(f"{unicodedata.normalize(written, name)},zoe\n" for name in names)  # type: ignore[arg-type]
    files = [unicodedata.normalize(there, name) for name in names]  # type: ignore[arg-type]
    for text in (rows, rows.replace("Zo", "C:\\x\\Zo")):
        dataset = read_dataset(miniature.make(files, {"t.csv": f"image,pid\n{text}"}))
        assert list(miniature.column(dataset, "identity")) == files


# --- query and gallery ---


def test_marks_of_open_metric_learning_divide_the_test_half(miniature: Miniature) -> None:
    text = table(
        "path", "label", "split", "is_query", "is_gallery",
        a=lambda _, f: f, b=lambda _, f: f[0], c=lambda _, f: "train" if f[0] in "ab" else "validation",
        d=lambda _, f: "" if f[0] in "ab" else f[1] == "0", e=lambda _, f: "" if f[0] in "ab" else f[1] != "0",
    )  # fmt: skip
    splits = miniature.column(read_dataset(miniature.make(NAMES, {"t.csv": text})), "split")
    expected = {n: "train" if n[0] in "ab" else "query" if n[1] == "0" else "gallery" for n in NAMES}
    assert splits == expected
    no_split = text.replace(",split,", ",remark,")
    assert miniature.column(read_dataset(miniature.make(NAMES, {"t.csv": no_split})), "split") == expected
    one_mark = text.replace("is_gallery", "remark")
    assert miniature.column(read_dataset(miniature.make(NAMES, {"t.csv": one_mark})), "split") == expected


def test_crops_of_both_sides_or_of_none_are_said(miniature: Miniature) -> None:
    rows = "a0.jpg,a,val,1,1\na1.jpg,a,val,0,1\na2.jpg,a,val,0,0\n"
    path = miniature.make(NAMES, {"t.csv": f"path,label,split,is_query,is_gallery\n{rows}"})
    dataset = read_dataset(path)
    assert miniature.column(dataset, "split") == {"a0.jpg": "query", "a1.jpg": "gallery"}
    assert any("1 crop said to be query and gallery at once: taken for query" in note for note in dataset.notes)
    assert "neither query nor gallery" in "".join(miniature.skipped(dataset).values())
    with pytest.raises(ReidError, match="is_query is 'perhaps'; use True or False"):
        read_dataset(miniature.make(NAMES, {"t.csv": "path,split,is_query\na0.jpg,val,perhaps\n"}))


@pytest.mark.parametrize(("word", "split"), [("database", "gallery"), ("dev", "query"), ("trn", "train")])
def test_more_words_for_splits(miniature: Miniature, word: str, split: str) -> None:
    rows = (
        f"a0.jpg,a,1,{word}\na1.jpg,a,2,gallery\n" if split != "train" else f"a0.jpg,a,1,{word}\nb1.jpg,b,2,gallery\n"
    )
    found = read_dataset(miniature.make(NAMES, {"t.csv": f"path,label,camera,split\n{rows}"}))
    assert miniature.column(found, "split")["a0.jpg"] in (split, "gallery")


# --- the rest of a row ---


def test_labels_are_whole_numbers_keep_zeros_and_are_bounded(miniature: Miniature) -> None:
    rows = f"a0.jpg,12.0\na1.jpg,0012\na2.jpg,{'x' * 301}\nb0.jpg,a\0b\nb1.jpg,12\n"
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": f"image,pid\n{rows}"}))
    assert miniature.column(dataset, "identity") == {"a0.jpg": "12", "a1.jpg": "0012", "b1.jpg": "12"}
    reasons = list(miniature.skipped(dataset).values())
    assert "more than 300 characters" in reasons[0]
    assert "a character that no name has" in reasons[1]
    assert max(map(len, reasons)) < 250


def test_unknown_times_are_counted_once_and_named_all(miniature: Miniature) -> None:
    text = table("image", "date", a=lambda _, f: f, b=lambda *_: "2019")
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": text}))
    assert dataset.describe().endswith(f"; {len(NAMES)} without their time")
    assert [math.isnan(time) for time in dataset.records.table["time"]] == [True] * len(NAMES)
    assert len(dataset.incomplete) == len(NAMES)
    [note] = [note for note in dataset.notes if "without a time" in note]
    assert note.startswith("12 crops come in without a time: '2019' is a year, which says no day (row 2 of ")
    assert note.endswith("t.csv and 11 more).")
