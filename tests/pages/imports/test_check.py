"""Step 2 of an import: what was recognised, and how it is to be read."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import TINY_MODEL, png_bytes, tiny_picture
from tests.pages.imports.import_page import Open, Started, has_button, look_at, site, words


def test_what_was_recognised_is_said_in_words_with_pictures(open_import: Open, tmp_path: Path) -> None:
    folder = site(tmp_path / "hall")
    (folder / "phone.heic").write_bytes(b"x")
    page = look_at(open_import(), folder)
    shown = words(page)
    for part in ("A folder for each person", "2 people", "camera 1, camera 2", "HEIC pictures cannot be read"):
        assert part in shown
    assert shown.count("data:image/jpeg;base64,") == 4
    assert page.text_input(key="gal-choice-name").value == "hall"
    assert "must stay there" in shown
    assert "Everybody can be searched for" in shown


def test_a_picture_that_cannot_be_decoded_says_so_in_its_place(open_import: Open, tmp_path: Path) -> None:
    folder = site(tmp_path / "hall")
    (folder / "anna" / "cut.png").write_bytes(png_bytes(tiny_picture(1, 0))[:60])
    assert "it is damaged or cut short" in words(look_at(open_import(), folder))


def test_what_holds_no_pictures_is_a_sentence_and_cannot_be_started(open_import: Open, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    page = look_at(open_import(), tmp_path / "empty")
    assert "holds no pictures" in words(page)
    assert not has_button(page, "gal-import-start")


def test_files_that_vanish_meanwhile_are_a_sentence(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    (tmp_path / "hall").rename(tmp_path / "moved")
    page.run()
    assert "The files are gone" in words(page)
    assert not page.exception


def test_a_folder_that_is_chosen_again_is_looked_at_anew(open_import: Open, tmp_path: Path) -> None:
    folder = site(tmp_path / "hall")
    page = look_at(open_import(), folder)
    assert words(page).count("<figure") == 4
    (folder / "anna" / "new.png").write_bytes(png_bytes(tiny_picture(1, 5)))
    page.button(key="gal-import-else").click().run()
    assert words(look_at(page, folder)).count("<figure") == 5


def test_a_wrong_pattern_is_said_beside_it_while_the_pictures_stay(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    page.text_input(key="gal-choice-pattern").set_value("cam(").run()
    assert "The pattern cannot be used" in words(page)
    assert words(page).count("<figure") == 4
    assert not has_button(page, "gal-import-start")
    page.text_input(key="gal-choice-pattern").set_value(r"_(\d)\.png").run()
    assert "The pattern cannot be used" not in words(page)
    assert "camera 0, camera 1" in words(page)  # cam1_0.png: the number at the end, no longer that behind "cam"
    assert has_button(page, "gal-import-start")


def test_people_can_be_told_by_a_pattern_and_the_import_is_given_it(
    open_import: Open, tmp_path: Path, started: Started
) -> None:
    folder = tmp_path / "hall"
    folder.mkdir()
    for place, name in enumerate(("07_a", "07_b", "08_a", "08_b")):
        (folder / f"{name}.png").write_bytes(png_bytes(tiny_picture(place, 1)))
    page = look_at(open_import(), folder)
    assert "nobody is named" in words(page)
    assert "the names look like PERSON_…: 07 and 08" in words(page)
    assert "Person from the path" in words(page)
    page.text_input(key="gal-choice-person").set_value("(").run()
    assert "The pattern cannot be used" in words(page)
    page.text_input(key="gal-choice-person").set_value(r"pid(\d+)").run()
    assert "finds nobody in 4 paths" in words(page)
    assert not has_button(page, "gal-import-start")
    page.text_input(key="gal-choice-person").set_value(r"^(\d+)_").run()
    assert "2 people" in words(page)
    assert "PERSON_" not in words(page)
    page.button(key="gal-import-start").click().run()
    (_, arguments) = started[0]
    assert r"--identity-pattern=^(\d+)_" in arguments


def test_odd_people_are_asked_about_before_anything_is_imported(open_import: Open, tmp_path: Path) -> None:
    for place, person in enumerate(("north/1", "north/2", "north/3", "south/1", "south/2", "south/3")):
        (tmp_path / "hall" / person).mkdir(parents=True)
        (tmp_path / "hall" / person / "a.png").write_bytes(png_bytes(tiny_picture(place, 1)))
    page = look_at(open_import(), tmp_path / "hall")
    assert "Please check" in words(page)
    assert "Their folders hold 1, 2 and 3: are those the people?" in words(page)


def test_whole_frames_are_refused_on_the_page_with_what_to_choose(open_import: Open, tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    (folder / "img1").mkdir(parents=True)
    for number in (1, 2):
        (folder / "img1" / f"{number}.png").write_bytes(png_bytes(tiny_picture(number, 1)))
        outline = {"shapes": [{"label": "person", "points": [[1, 1], [4, 4]]}]}
        (folder / "img1" / f"{number}.json").write_text(json.dumps(outline))
    page = look_at(open_import(), folder)
    assert "whole frames, not crops of one person: img1/1.json" in words(page)
    assert "choose the format “Pictures only” or “A folder for each person”" in words(page)
    page.selectbox(key="gal-choice-format").select("flat").run()
    assert words(page).count("<figure") == 2


def test_of_frames_with_boxes_the_page_shows_who_is_cut_out(open_import: Open, tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    (folder / "img1").mkdir(parents=True)
    (folder / "gt").mkdir()
    for number in (1, 2):
        (folder / "img1" / f"{number}.png").write_bytes(png_bytes(tiny_picture(number, 1).resize((160, 90))))
    (folder / "gt" / "gt.txt").write_text("1,1,9,9,20,40,1,1,1\n1,2,60,9,20,40,1,1,1\n2,1,9,9,20,40,1,1,1\n")
    page = look_at(open_import(), folder)
    assert words(page).count("<figure") == 3
    assert "3 boxes of people in 2 frames: each is cut out" in words(page)


def test_a_wrong_format_is_said_beside_it_and_the_last_good_preview_stays(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    page.selectbox(key="gal-choice-format").select("market1501").run()
    assert "It is not in this format" in words(page)
    assert words(page).count("<figure") == 4
    page.selectbox(key="gal-choice-format").select("flat").run()
    assert "nobody is named" in words(page)


def test_the_columns_of_a_table_can_be_named(open_import: Open, tmp_path: Path, started: Started) -> None:
    folder = site(tmp_path / "hall")
    for place, file in enumerate(sorted(folder.rglob("*.png"))):
        file.rename(folder / f"{place}.png")
    rows = "".join(f"{place}.png,person-{place},tor\n" for place in range(3))
    rows += "8.png,person-0,tor\n9.png,person-0,tor\n"  # so few are there that no column is guessed
    (folder / "liste.csv").write_text(f"Abb,Wer,Camera\n{rows}", encoding="utf-8")
    page = look_at(open_import(), folder)
    assert "Say which column names the picture" in words(page)
    assert page.button(key="gal-import-start").label == "Import 4 crops without the table"
    assert page.selectbox(key="gal-choice-camera").value == "Camera"
    page.selectbox(key="gal-choice-image").select("Abb").run()
    page.selectbox(key="gal-choice-identity").select("Wer").run()
    assert "3 people" in words(page)
    page.selectbox(key="gal-choice-camera").select("").run()
    assert "camera unknown" in words(page)
    page.button(key="gal-import-start").click().run()
    (_, arguments) = started[0]
    assert {"--column=image=Abb", "--column=identity=Wer", "--column=camera="} <= set(arguments)


def test_a_gallery_name_that_cannot_be_used_is_said_beside_it(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    for name, said in (("a b", "cannot name a gallery"), ("", "cannot name a gallery"), ("tiny", "already")):
        page.text_input(key="gal-choice-name").set_value(name).run()
        assert said in words(page)
        assert not has_button(page, "gal-import-start")


def test_the_model_of_the_gallery_is_offered_first_with_its_terms(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    page.selectbox(key="gal-choice-gallery").select("tiny").run()
    assert page.selectbox(key="gal-choice-model-tiny").value == TINY_MODEL
    assert "Free for any use" in words(page)
    page.selectbox(key="gal-choice-model-tiny").select("Not now").run()
    assert "not searched until it is embedded" in words(page)
