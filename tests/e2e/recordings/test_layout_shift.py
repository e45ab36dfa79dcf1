"""While a page loads, nothing that is there moves when something else comes: wide and narrow, by deep link."""

from __future__ import annotations

from typing import Any

import pytest

from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.galleries.browsing import view_ids
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.e2e.conftest import SLOW, OpenPage, Serve, wait_until_settled
from tests.workspace.catalogue.filmed import film, filmed

MOST = 0.1  # the sum of all shifts of a load, as Chromium measures them; what web.dev calls good
CALM = 750  # milliseconds without a shift, after all is drawn
WATCH = """
  window.shifts = [];
  const named = (node) => {
    const part = node?.nodeType === 1 ? node : node?.parentElement;
    const keyed = part?.closest("[class*=st-key-]");
    const key = keyed ? keyed.className.match(/st-key-\\S+/)[0] : "page";
    return `${part?.dataset?.testid ?? part?.tagName ?? "gone"} in ${key}`;
  };
  const at = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      if (shift.hadRecentInput) continue;
      const moved = shift.sources.map((one) => `${named(one.node)}: ${at(one.previousRect)} to ${at(one.currentRect)}`);
      window.shifts.push({ value: shift.value, at: shift.startTime, moved });
    }
  }).observe({ type: "layout-shift", buffered: true });
"""
DRAWN = """(calm) => {
  const last = Math.max(0, ...window.shifts.map((one) => one.at));
  const waiting = [...document.querySelectorAll("[data-testid=stSkeleton]")].some((bar) => bar.checkVisibility());
  return !waiting && document.fonts.status === "loaded" && performance.now() - last > calm;
}"""


@pytest.mark.browser
def test_nothing_moves_while_a_page_loads(serve: Serve, open_page: OpenPage, tiny_workspace: Workspace) -> None:
    filmed(tiny_workspace)
    film(tiny_workspace, name="yard.mp4", camera="yard")
    searched, shown = (
        int(view_ids(tiny_workspace.catalogue, gallery, Selection(), "import")[0]) for gallery in (TINY_GALLERY, "town")
    )
    places = {
        f"search?gallery={TINY_GALLERY}&crop={searched}": ".st-key-answers",
        "gallery?gallery=town": ".st-key-gal-grid",
        f"gallery?gallery=town&crop={shown}": "[role=dialog] .rt-facts",
        "gallery?gallery=town&view=recordings": ".st-key-rec-list",
        "gallery?gallery=town&view=recordings&recording=gate.mp4": ".st-key-rec-clock",
        "gallery?view=import": ".st-key-imp-go .im-head",
    }
    address = serve(tiny_workspace.path)
    moved = {}
    for place, last in places.items():
        pages = {width: open_page("about:blank", width=width) for width in (1440, 390)}
        for page in pages.values():
            page.add_init_script(WATCH)
            page.goto(f"{address}/{place}", wait_until="commit")
        for width, page in pages.items():
            page.locator(last).first.wait_for(timeout=2 * SLOW)
            wait_until_settled(page)
            page.wait_for_function(DRAWN, arg=CALM)
            moved[f"{place} at {width}"] = page.evaluate("window.shifts")
            page.context.close()
    sums = {place: round(sum(shift["value"] for shift in shifts), 3) for place, shifts in moved.items()}
    assert all(value < MOST for value in sums.values()), _said(sums, moved)


def _said(sums: dict[str, float], moved: dict[str, Any]) -> str:
    """The worst, and what moved there."""
    worst = max(sums, key=lambda place: sums[place])
    lines = [f"{shift['value']:.3f} at {shift['at']:.0f} ms: {'; '.join(shift['moved'])}" for shift in moved[worst]]
    return "\n".join([str(sums), worst, *lines])
