"""Browsing by walk: the rail's choices by direction and zone, and what the address says of them."""

from __future__ import annotations

import sqlite3

from reid_core.workspace.workspace import Workspace
from tests.pages.gallery.gallery_page import shown_ids
from tests.pages.search_page import OpenPage
from tests.support.tiny_walks import give_walks

STAIRS = {5, 6, 11, 12, 17, 18}  # crops of the three people who walk to the left, through the door


def test_the_rail_offers_directions_and_zones_with_their_crops(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    give_walks(tiny_workspace)
    page = open_page(tiny_workspace.path, gallery="tiny")
    choices = page.button_group(key="gal-direction-tiny")
    assert list(choices.options) == ["to the left 6", "to the right 16", "stays 2"]
    assert list(page.button_group(key="gal-zone-tiny").options) == ["door 6"]
    choices.set_value(["to the left"]).run()
    assert set(shown_ids(page)) == STAIRS
    assert page.query_params["direction"] == "to the left"
    page.button_group(key="gal-direction-tiny").set_value(["to the left", "stays"]).run()
    assert len(shown_ids(page)) == 8
    page.button(key="gal-clear").click().run()
    assert len(shown_ids(page)) == 24
    assert "direction" not in page.query_params


def test_a_link_carries_them_and_a_zone_that_is_gone_is_let_go(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    give_walks(tiny_workspace)
    page = open_page(tiny_workspace.path, gallery="tiny", zone="door,gone", direction="to the left,up")
    assert set(shown_ids(page)) == STAIRS
    assert page.query_params["zone"] == "door"
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE tracklet SET zones = NULL")
        database.execute("UPDATE counter SET seq = seq + 1")
    page.run()
    assert set(shown_ids(page)) == STAIRS, "by the direction alone"
    assert "zone" not in page.query_params


def test_a_gallery_without_recordings_has_no_such_choices(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", direction="to the left")
    assert not [group for group in page.button_group if group.key in ("gal-direction-tiny", "gal-zone-tiny")]
    assert len(shown_ids(page)) == 24
