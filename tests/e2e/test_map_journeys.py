"""What an investigator does on the Map page, in a real browser: few journeys, from the first click to the last."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from PIL import Image

from reid_core.projection.layout import Layout
from reid_core.workspace.maps.files import map_file, write_map_file
from reid_core.workspace.maps.making import make_maps, read_map
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.e2e.conftest import SLOW, OpenPage, Serve, wait_until_settled

DRAWN = ".point-map[data-drawn]"
NO_WEBGL = """
const plain = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.startsWith("webgl") ? null : plain.call(this, kind, ...more);
};
"""


@pytest.fixture
def mapped(tiny_workspace: Workspace) -> Workspace:
    """With a stored map of two and one of three dimensions; their points are principal components."""
    model = tiny_workspace.catalogue.gallery(TINY_GALLERY).models[0][0]
    for dimensions in (2, 3):
        make_maps(tiny_workspace, TINY_GALLERY, model, [Layout("pca", dimensions)])
        pca = read_map(tiny_workspace, TINY_GALLERY, model, f"pca-{dimensions}d")
        info = dataclasses.replace(pca.info, layout=Layout(dimensions=dimensions))
        file = map_file(tiny_workspace.path, TINY_GALLERY, model, info.layout.name)
        write_map_file(file, dataclasses.replace(pca, info=info))
    return tiny_workspace


def _open_map(open_page: OpenPage, address: str) -> Any:
    page = open_page(address)
    page.get_by_role("link", name="Map").click(timeout=SLOW)
    page.locator(DRAWN).wait_for(timeout=2 * SLOW)  # the first page of a fresh server
    return page


def _drag(page: Any, *places: tuple[float, float]) -> None:
    """With the left button, through places of the map given as shares of its width and height."""
    box = page.locator("canvas.over").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def _identities(workspace: Workspace) -> list[str]:
    return list(workspace.catalogue.crops(TINY_GALLERY)["identity"])


@pytest.mark.browser
def test_crops_are_looked_at_lassoed_named_put_back_and_searched_with(
    serve: Serve, open_page: OpenPage, mapped: Workspace
) -> None:
    page = _open_map(open_page, serve(mapped.path))
    before = _identities(mapped)

    # By keyboard: the crop nearest to the middle with its picture, pinned, and let go.
    page.locator("canvas.over").focus()
    page.keyboard.press("n")
    page.locator(".tip .crop img").wait_for(timeout=SLOW)
    assert (
        page.locator(".tip .crop img").evaluate("async (img) => { await img.decode(); return img.naturalWidth; }") > 0
    )
    assert page.locator(".tip li").count() == 6
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Search from it").wait_for(timeout=SLOW)
    page.keyboard.press("Escape")
    page.locator(".tip").wait_for(state="hidden", timeout=SLOW)

    # One group alone; then a lasso around all that is seen takes only its crops.
    page.locator(".legend li button").first.click()
    page.get_by_role("button", name="Lasso").click()
    _drag(page, (0.02, 0.1), (0.98, 0.1), (0.98, 0.98), (0.02, 0.98))
    page.get_by_role("status").filter(has_text="6 crops selected").wait_for(timeout=SLOW)
    page.locator(".grid.browse .card").nth(5).wait_for(timeout=SLOW)

    with page.expect_download(timeout=SLOW) as saved:
        page.get_by_role("button", name="Save what is seen as a picture").click()
    with Image.open(saved.value.path()) as image:
        assert len(set(image.convert("RGB").getdata())) > 10  # points, lines and words on a ground
    with page.expect_download(timeout=SLOW) as saved:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert len(pd.read_csv(saved.value.path())) == 6

    page.get_by_role("button", name="Label as one person…").click()
    page.locator('[class*="st-key-map-field-label"] input').fill("zoe", timeout=SLOW)
    page.locator('[class*="st-key-map-field-label"] input').press("Tab")
    page.get_by_role("status").filter(has_text="→ zoe.").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Label 6 crops").click()
    page.get_by_role("button", name="zoe").first.wait_for(timeout=SLOW)  # the legend follows
    assert _identities(mapped).count("zoe") == 6
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("status").filter(has_text="Taken back").wait_for(timeout=SLOW)
    assert _identities(mapped) == before

    wait_until_settled(page)
    page.get_by_role("button", name="Search with these").click()
    page.wait_for_url("**/search?**crop=**", timeout=SLOW)
    assert len(parse_qs(urlsplit(page.url).query)["crop"][0].split(",")) == 6
    page.get_by_role("heading").filter(has_text="24 crops").wait_for(timeout=SLOW)
    assert page.errors == []


@pytest.mark.browser
def test_a_map_of_three_dimensions_is_turned_and_selected_on_and_a_plain_one_stands_in_without_webgl(
    serve: Serve, open_page: OpenPage, mapped: Workspace
) -> None:
    address = serve(mapped.path)
    page = _open_map(open_page, address)
    page.get_by_text("3-D", exact=True).click()
    page.get_by_role("status").filter(has_text="Drag to turn it").wait_for(timeout=SLOW)
    canvas = page.locator("canvas.over")
    seen = canvas.evaluate("canvas => canvas.toDataURL()")
    _drag(page, (0.5, 0.5), (0.6, 0.6))
    page.wait_for_function("([canvas, seen]) => canvas.toDataURL() !== seen", arg=[canvas.element_handle(), seen])
    canvas.focus()
    page.keyboard.press("b")
    _drag(page, (0.01, 0.12), (0.6, 0.99))
    page.get_by_role("status").filter(has_text="selected").wait_for(timeout=SLOW)
    in_browser = int(page.locator(".said").inner_text().split()[0])
    page.locator(".st-key-map-acts").wait_for(timeout=SLOW)
    page.get_by_role("status").filter(has_text=f"{in_browser} crops · ").wait_for(timeout=SLOW)  # the server agrees
    assert 0 < in_browser < 24

    plain = open_page("about:blank")
    plain.add_init_script(NO_WEBGL)
    plain.goto(f"{address}/map?gallery={TINY_GALLERY}")
    plain.get_by_text("This browser has no WebGL2").wait_for(timeout=SLOW)
    plain.locator(".st-key-map-fallback .scatterlayer .point").nth(23).wait_for(timeout=SLOW)
    area = plain.locator(".st-key-map-fallback .draglayer .nsewdrag").bounding_box()
    plain.mouse.move(area["x"] + 3, area["y"] + 3)
    plain.mouse.down()
    for x, y in ((0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02)):
        plain.mouse.move(area["x"] + x * area["width"], area["y"] + y * area["height"], steps=5)
    plain.mouse.up()
    plain.get_by_role("status").filter(has_text="24 crops · 4 people").wait_for(timeout=SLOW)


@pytest.mark.browser
def test_a_crowd_has_the_colour_of_who_prevails_and_a_plain_one_where_people_mix(open_page: OpenPage) -> None:
    script = Path(__file__).parents[2] / "pages/components/widgets/point_map/point_map_paint.js"
    page = open_page("about:blank")
    page.add_script_tag(content=script.read_text(encoding="utf-8"))
    # Cells of two pixels in one line: of one person, three of one and one of another, two people, one greyed, and
    # all greyed.
    cells: list[list[int | str]] = [[0, 0], [0, 0, 1, 0], [0, 1], [0, "grey"], ["grey", "grey"]]
    codes = [1 if who == "grey" else who for cell in cells for who in cell]
    places = [value for place, cell in enumerate(cells) for _ in cell for value in (2 * place + 1, 1)]
    grey = [int(who == "grey") for cell in cells for who in cell]
    paint = """([places, codes, dimmed, ends, palette]) => {
      const canvas = document.createElement("canvas"), view = { seen: () => places, codes, dimmed, palette,
        count: codes.length, scale: 1, x: 5, y: 1, dark: false, data: { colour: { ends } } };
      paintDensity(canvas, view, 10, 2);
      return [...canvas.getContext("2d").getImageData(0, 0, 5, 1).data];
    }"""
    own, other, plain = (200, 0, 0), (0, 0, 200), (84, 97, 103)
    seen = page.evaluate(paint, [places, codes, grey, None, [*own, 255, *other, 255]])
    pixels = [tuple(seen[start : start + 4]) for start in range(0, 20, 4)]
    half = tuple((one + two) / 2 for one, two in zip(own, plain, strict=True))
    for pixel, colour in zip(pixels, (own, half, plain, own, (128, 128, 128)), strict=True):
        assert pixel[:3] == pytest.approx(colour, abs=3)  # the canvas rounds where it is not opaque
    assert pixels[1][3] == 255  # where most are
    assert pixels[4][3] < pixels[3][3] < pixels[0][3] < 255

    # Of a scale it is the colour of the mean: of 0 and 2, that of 1.
    scale = [10, 20, 30, 255, *own, 255, 90, 90, 90, 255]
    seen = page.evaluate(paint, [[1, 1, 1, 1], [0, 2], [0, 0], ["a", "b"], scale])
    assert tuple(seen[:3]) == pytest.approx(own, abs=3)
