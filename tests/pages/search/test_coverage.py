"""What was searched, below the answer: it follows the filters, and is the answer where nobody is found."""

from __future__ import annotations

import re

from reid_core.workspace.catalogue.recordings import Progress, keep
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.search_page import OpenPage, answer_of, choose, groups_of, words_of
from tests.support.tiny_walks import give_walks
from tests.workspace.catalogue.filmed import film, walk


def sentence_of(page_words: str) -> str:
    """The sentence below the summary."""
    found = re.search(r">((?:Searched|No data)[^<]*)<", page_words)
    assert found is not None
    return found[1]


def test_the_answer_says_what_was_searched_and_follows_the_filters(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    assert sentence_of(words_of(page)).startswith("Searched 2 of 3 cameras: 16 crops between 00:00")
    assert "Not searched: entrance." in words_of(page)
    page.toggle(key="leave-out").set_value(False).run()
    assert sentence_of(words_of(page)).startswith("Searched 3 cameras: 24 crops")
    choose(page, ["stairs"])
    assert sentence_of(words_of(page)).startswith("Searched 1 of 3 cameras: 8 crops")
    assert '<details class="rt-small"><summary>What was searched' in words_of(page)


def test_where_nobody_is_found_what_was_searched_is_the_answer(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page.selectbox(key="hour-from-tiny").select(5).run()  # the crops are of the first minutes after midnight
    assert groups_of(page) == []
    assert "No data for these filters" in words_of(page)
    assert "An empty answer says nothing about the person." in words_of(page)
    assert '<details class="rt-small" open>' in words_of(page)


def test_no_hit_among_what_was_searched_is_not_called_no_data(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1", who="unnamed")  # all are named
    assert groups_of(page) == []
    assert "No crop passes these filters" in words_of(page)
    assert "No data" not in words_of(page)
    assert "Other filters also leave out crops: people without a name" in words_of(page)
    assert sentence_of(words_of(page)).startswith("Searched 2 of 3 cameras: 16 crops")


def test_recordings_are_drawn_with_what_is_missing(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    recording = film(tiny_workspace, TINY_GALLERY, name="gate.mp4")
    state = Progress(analysed=90.0, frames=9, state=b"in view", problems={"gaps": [[30.0, 60.0]]})
    keep(tiny_workspace.catalogue, recording.key, [walk("w")], [], state)
    words = words_of(open_page(tiny_workspace.path, crop="1"))
    assert "gate.mp4 is analysed up to 0:01:30 of 0:02:00." in words
    assert 'aria-label="gate: searched 1 min' in words
    bar = words[words.index('aria-label="gate: ') :].partition("</div>")[0]
    widths = {
        kind: float(wide) for kind, wide in re.findall(r'class="(\w+)" style="left:[\d.]+%;width:([\d.]+)%"', bar)
    }
    assert widths["gaps"] == widths["waiting"]  # 30 s each
    assert "gate: 2026-03-02 07:01:30 to 07:02:00, 30 s, not analysed yet" in words


def test_what_lies_in_zones_to_ignore_is_a_limit_until_it_is_asked_for(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    give_walks(tiny_workspace)  # one of the twelve is a dummy, of two crops
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    assert "1 tracklet (2 crops) lies in zones to ignore and is not searched: &quot;Also from zones" in words_of(page)
    page.toggle(key="walk-ignored-tiny").set_value(True).run()
    assert "in zones to ignore and" not in words_of(page)


def test_names_of_cameras_are_text(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    row = film(tiny_workspace, TINY_GALLERY, name="x.mp4", camera='<b title="x">{0}')
    keep(tiny_workspace.catalogue, row.key, [], [], Progress(analysed=120.0, frames=9, state=b""))
    page = open_page(tiny_workspace.path, crop="1")
    assert "&lt;b title=&quot;x&quot;&gt;{0}" in words_of(page)
    assert "<b title=" not in words_of(page)


def test_in_blind_mode_what_was_searched_is_the_same(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    before = sentence_of(words_of(page))
    assert len(answer_of(page).crops)
    page.toggle(key="blind").set_value(True).run()
    assert sentence_of(words_of(page)) == before
