"""The clip behind a hit in a real browser: exact frames, the keys, and what is said where there is no film.

The server's side is not asked: walks and clips are served here, of a film whose frames show their own number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reid_core.workspace.workspace import Workspace
from tests.e2e.conftest import SLOW, OpenPage, Serve, tab_to, wait_until_settled
from tests.support.filmed_crops import put_in_recording
from tests.support.films import film

pytestmark = pytest.mark.browser
FIRST = 7.0  # the moment of the clip's first frame
# Frames of uneven length, 0.06 s to 0.30 s: whoever steps by a fixed time shows one twice or leaves one out.
TIMES = [FIRST + 0.06 * n + 0.08 * (n // 3) + 0.16 * (n // 7) for n in range(48)]
START, END = TIMES[12], TIMES[40]
H264 = """() => document.createElement("video").canPlayType('video/mp4; codecs="avc1.42E01E"')"""
IN_PLAYER = """const inside = (what) => {
  for (const host of document.querySelectorAll("*")) {
    const player = host.shadowRoot?.querySelector(".player");
    if (player) return player.querySelector(what);
  }
};"""
PLAYED = f"() => {{ {IN_PLAYER} return inside('video').played.length > 0; }}"
NUMBER = f"""() => {{ {IN_PLAYER}
  const video = inside("video"), canvas = document.createElement("canvas");
  if (!inside(".screen")?.closest(".filmed") || video.seeking || video.readyState < 2) return null;
  [canvas.width, canvas.height] = [96, 64];
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 96, 64);
  let number = 0;
  for (let bit = 0; bit < 12; bit++) {{
    const [x, y] = [((bit % 4) + 0.5) * 24, (Math.floor(bit / 4) + 0.5) * 64 / 3];
    if (pen.getImageData(x, y, 1, 1).data[0] > 127) number |= 1 << bit;
  }}
  return number;
}}"""


class Walks:
    """Answers for /walks/ and /clips/; `change` alters a walk before it is sent, None is a crop that is gone."""

    def __init__(self, clip: bytes) -> None:
        self.clip = clip
        self.asked: list[str] = []
        self.change: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda walk: walk

    def serve(self, page: Any) -> None:
        page.route(re.compile(r"/walks/\d+"), self._walk)
        page.route(re.compile(r"/clips/"), self._clip)

    def walk(self, crop: int) -> dict[str, Any]:
        clip = {"address": f"/clips/{crop}.mp4", "first": FIRST, "times": TIMES, "said": "as recorded"}
        path = [[START, 10, 40, 8, 20], [END, 80, 60, 12, 30]]
        return {
            "crop": crop, "tracklet": f"hall-{crop}", "recording": "hall.mp4", "camera": "hall", "size": [96, 64],
            "start": START, "end": END, "moment": TIMES[20], "clock": 1_772_434_800.0, "path": path,
            "box": [20, 20, 10, 25], "earlier": 9, "later": 10, "stretch": [FIRST, TIMES[-1]], "still": None,
            "picture": "/pictures/0/none.jpg", "clip": clip, "problem": "", "kind": "", "convert": False,
            "converting": None,
        }  # fmt: skip

    def _walk(self, route: Any) -> None:
        self.asked.append(f"{route.request.method} {route.request.url.rpartition('/walks/')[2]}")
        if route.request.method == "POST":
            route.fulfill(status=202, body="")
            return
        found = self.change(self.walk(int(re.findall(r"walks/(\d+)", route.request.url)[0])))
        if found is None:
            route.fulfill(status=404, body="")
        else:
            route.fulfill(body=json.dumps(found), content_type="application/json")

    def _clip(self, route: Any) -> None:
        asked = re.match(r"bytes=(\d+)-(\d*)", route.request.headers.get("range", "bytes=0-"))
        assert asked is not None
        start = int(asked[1])
        end = min(int(asked[2]) if asked[2] else len(self.clip), len(self.clip) - 1)
        headers = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{end}/{len(self.clip)}"}
        headers["Content-Type"] = "video/mp4"
        route.fulfill(status=206, headers=headers, body=self.clip[start : end + 1])


@pytest.fixture
def walks(tmp_path: Path) -> Walks:
    stamps = [time - FIRST for time in TIMES]
    return Walks(film(tmp_path / "clip.mp4", len(TIMES), stamps=stamps).read_bytes())


@pytest.fixture
def show(serve: Serve, open_page: OpenPage, tiny_workspace: Workspace, walks: Walks) -> Callable[..., Any]:
    """Gives `show(address, **window)`: a page of the app where crops 3 and 4 have a recording."""
    put_in_recording(tiny_workspace, "tiny", [3, 4])
    address = serve(tiny_workspace.path)

    def opened(place: str, **window: Any) -> Any:
        page = open_page("about:blank", **window)
        if not page.evaluate(H264):
            pytest.skip("needs a browser that plays H.264")
        walks.serve(page)
        page.goto(f"{address}/{place}")
        return page

    return opened


def compare(page: Any) -> None:
    """Open the hit of crops 3 and 4."""
    page.locator(".answer .card[data-id='3'], .answer .card[data-id='4']").first.click(timeout=SLOW)
    page.locator(".compare .verdicts").wait_for(timeout=SLOW)
    wait_until_settled(page)


def shows(page: Any, frame: int) -> None:
    """Wait until the picture and the clock are those of the frame, from 0; its picture says 1 more."""
    page.wait_for_function(f"number => ({NUMBER})() === number", arg=frame + 1)
    tenths = int(10 * TIMES[frame] + 1e-6)
    page.locator(".player .moment", has_text=f"07:00:{tenths / 10:04.1f}").wait_for(timeout=SLOW)


def serious(axe: Any, page: Any) -> list[Any]:
    wait_until_settled(page)
    found = axe.run(page).response["violations"]
    return [(one["id"], one["nodes"]) for one in found if one["impact"] in ("serious", "critical")]


def left_of_box(page: Any) -> float | None:
    found = page.locator(".player .body:not([hidden]) rect").last
    return float(found.get_attribute("x")) if found.count() else None


def test_a_hit_is_watched_frame_by_frame_and_judged_meanwhile(show: Callable[..., Any], walks: Walks) -> None:
    page = show("search?gallery=tiny&crop=1")
    compare(page)
    frame = page.locator(".compare .frame").last
    before = frame.bounding_box()
    page.keyboard.press("w")
    page.locator(".player.filmed").wait_for(timeout=SLOW)
    assert (frame.bounding_box()["y"], frame.bounding_box()["height"]) == (before["y"], before["height"])
    page.wait_for_function(PLAYED)  # by itself
    page.keyboard.press(",")
    page.locator(".player").get_by_role("button", name="Play").wait_for(timeout=SLOW)
    page.locator(".player input").focus()
    page.keyboard.press("Home")
    shows(page, 0)
    assert left_of_box(page) is None  # before the walk
    for number in range(1, 25):
        page.keyboard.press(".")
        shows(page, number)
    share = (TIMES[24] - START) / (END - START)
    assert left_of_box(page) == pytest.approx(10 + 70 * share - (8 + 4 * share) / 2, abs=0.05)
    page.keyboard.press(",")
    page.keyboard.press("ArrowLeft")  # the scrubber has the focus: no other hit
    shows(page, 22)
    page.keyboard.press(" ")
    page.wait_for_function(f"number => ({NUMBER})() > number", arg=24)
    page.keyboard.press("b")
    page.locator(".player.plain").wait_for(timeout=SLOW)
    page.keyboard.press(">")
    page.locator(".player .speed", has_text="2×").wait_for(timeout=SLOW)

    page.keyboard.press("PageDown")  # another tracklet: no verdict on the hit by its clip
    page.get_by_text("Another tracklet, not the hit").wait_for(timeout=SLOW)
    page.keyboard.press("m")
    page.get_by_text("Another tracklet, not the hit").wait_for(state="hidden", timeout=SLOW)
    page.get_by_text("The hit is back: judge it now").wait_for(timeout=SLOW)
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_text("Whose verdict is this?").first.wait_for(timeout=SLOW)
    page.keyboard.press("b")  # of the page behind the dialog
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached", timeout=SLOW)
    assert page.locator(".player.plain").count() == 1
    page.keyboard.press("Escape")
    page.locator(".player").wait_for(state="detached", timeout=SLOW)
    assert page.locator(".compare").count() == 1
    assert walks.asked[1] == "GET 10.json"


def test_a_crops_page_loads_nothing_before_it_is_watched_and_says_what_hinders(
    show: Callable[..., Any], walks: Walks
) -> None:
    page = show("gallery?gallery=tiny&crop=3", width=390, height=844)
    watch = page.get_by_role("button", name="Watch")
    watch.wait_for(timeout=SLOW)
    wait_until_settled(page)
    assert walks.asked == []
    walks.change = lambda walk: None
    tab_to(page, "Watch")  # the dialog's own way of Tab does not lead into a component
    page.keyboard.press("Enter")
    page.locator(".player .notice").get_by_text("This crop is gone.").wait_for(timeout=SLOW)
    tab_to(page, "Hide the clip", key="Shift+Tab")
    walks.change = lambda walk: walk
    page.locator(".player").focus()
    page.keyboard.press("ArrowRight")  # the dialog's own key
    page.get_by_text("4 of 24").wait_for(timeout=SLOW)
    page.locator(".player.filmed").wait_for(timeout=SLOW)
    assert walks.asked == ["GET 3.json", "GET 4.json"]
    page.keyboard.press(",")
    page.locator(".player").get_by_role("button", name="Play").wait_for(timeout=SLOW)
    page.locator(".player input").focus()
    page.keyboard.press("End")
    shows(page, len(TIMES) - 1)
    page.keyboard.press("ArrowLeft")
    shows(page, len(TIMES) - 2)
    assert page.get_by_text("4 of 24").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("dark", [False, True])
def test_a_clip_that_cannot_be_played_is_converted_on_request(
    show: Callable[..., Any], walks: Walks, dark: bool
) -> None:
    sync = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs the package axe-playwright-python"
    )
    why = "The recording is in H.265, which this browser cannot play."
    without = {"clip": None, "problem": why, "kind": "codec", "convert": True}
    progress = iter([0.3, 0.8])

    def converted(walk: dict[str, Any]) -> dict[str, Any]:
        if not any(asked.startswith("POST") for asked in walks.asked):
            return {**walk, **without}
        share = next(progress, None)
        if share is not None:
            return {**walk, **without, "converting": {"share": share, "seconds_left": 6}}
        return {**walk, "clip": {**walk["clip"], "said": "converted to H.264"}}

    walks.change = converted
    page = show("search?gallery=tiny&crop=1", dark=dark)
    compare(page)
    page.keyboard.press("w")
    page.locator(".player .notice").get_by_text(why).wait_for(timeout=SLOW)
    assert page.locator(".player .body rect").last.get_attribute("width") == "10"  # the crop's box, on no film
    assert serious(sync.Axe(), page) == []
    page.get_by_role("button", name="Convert this clip").click()
    page.get_by_text("Converting to H.264: 80 %, about 6 s left").wait_for(timeout=SLOW)
    page.locator(".player.filmed").wait_for(timeout=SLOW)
    page.locator(".player").get_by_text("converted to H.264").wait_for(timeout=SLOW)
    assert serious(sync.Axe(), page) == []


def test_a_file_that_the_browser_cannot_read_is_a_sentence_with_a_way_out(
    show: Callable[..., Any], walks: Walks
) -> None:
    walks.clip = b"no film " * 500
    page = show("search?gallery=tiny&crop=1")
    compare(page)
    page.locator(".compare").get_by_role("button", name="Watch").click()
    page.locator(".player .notice").get_by_text("This browser cannot play the clip.").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Convert this clip").wait_for(timeout=SLOW)
