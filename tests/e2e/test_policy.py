"""The pages' Content-Security-Policy holds in a browser. That no page needs more, `open_page` checks everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reid_core.evaluation.presentation.svg import legend
from reid_core.html_policy import META
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.e2e.conftest import POLICY, SLOW, OpenPage, Serve, wait_until_settled

PLACES = {
    f"search?gallery={TINY_GALLERY}": "Or pick someone",
    f"gallery?gallery={TINY_GALLERY}": TINY_GALLERY,
    f"map?gallery={TINY_GALLERY}": "map",
    "training": "No run yet",
    f"evaluation?gallery={TINY_GALLERY}": "Nothing was measured",
}
SMUGGLED = """async () => {
  const inline = document.createElement("script");
  inline.textContent = "window.smuggled = true";
  document.body.append(inline);
  const holder = document.createElement("div");
  holder.innerHTML = '<img src="x:" onerror="window.smuggled = true">';
  document.body.append(holder);
  const failed = (start) => new Promise((resolve) => start(resolve));
  const picture = await failed((done) => {
    const img = new Image();
    img.onload = () => done("loaded"); img.onerror = () => done("refused");
    img.src = "http://127.0.0.1:9/picture.png";
  });
  const read = await fetch("http://127.0.0.1:9/").then(() => "read", () => "refused");
  return [window.smuggled ?? "refused", picture, read];
}"""


@pytest.mark.browser
def test_each_page_works_under_the_policy_and_what_is_smuggled_in_does_not(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    address = serve(tiny_workspace.path)
    page = open_page("about:blank")
    named = address.replace("127.0.0.1", "localhost")  # as many type it
    page.goto(f"{named}/search?gallery={TINY_GALLERY}")
    page.get_by_text("Or pick someone").first.wait_for(timeout=2 * SLOW)
    for place, words in PLACES.items():
        page.goto(f"{address}/{place}")
        page.get_by_text(re.compile(words, re.IGNORECASE)).first.wait_for(timeout=2 * SLOW)
        wait_until_settled(page)
        assert [error for error in page.errors if "404" not in error] == [], place
    assert page.evaluate(SMUGGLED) == ["refused"] * 3
    refused = [error for error in page.errors if POLICY in error]
    for directive in ("script-src", "img-src", "connect-src"):
        assert any(directive in error for error in refused), directive
    page.errors.clear()


@pytest.mark.browser
def test_an_exported_page_shows_itself_and_runs_nothing(open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    drawn = legend([("one", 0)])
    file.write_text(
        f"<!doctype html><html><head><meta charset='utf-8'>{META}<base href='https://elsewhere.example/'>"
        f"<style>b {{ color: rgb(1, 2, 3); }}</style></head><body><b style='top: 4px'>shown</b>{drawn}"
        "<form action='https://elsewhere.example/'></form><script>document.title = 'ran'</script></body></html>"
    )
    page = open_page(file.as_uri())
    shown = page.locator("b")
    assert shown.evaluate("(b) => [getComputedStyle(b).color, b.style.top]") == ["rgb(1, 2, 3)", "4px"]
    assert page.title() != "ran"
    assert page.evaluate("document.baseURI") == file.as_uri()
    page.evaluate("document.forms[0].submit()")
    page.wait_for_timeout(300)
    assert page.url == file.as_uri()
    for directive in ("base-uri", "form-action"):
        assert any(directive in error for error in page.errors), directive
    assert [error for error in page.errors if POLICY not in error] == []
    page.errors.clear()
