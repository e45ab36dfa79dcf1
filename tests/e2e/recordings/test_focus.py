"""What keeps the focus: it watches the page once, however often Streamlit calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "pages/components/widgets/focus/focus.js"
CALLED_AGAIN = """async (script) => {
  const watching = new Set(), { observe, disconnect } = MutationObserver.prototype;
  MutationObserver.prototype.observe = function (...given) { watching.add(this); return observe.apply(this, given); };
  MutationObserver.prototype.disconnect = function () { watching.delete(this); return disconnect.apply(this); };
  let listening = 0;
  const add = document.addEventListener.bind(document);
  document.addEventListener = (kind, heard, how) => {
    listening++;
    how.signal.addEventListener("abort", () => listening--);
    add(kind, heard, how);
  };
  const start = (await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))).default;
  const counts = [];
  let end;
  for (let call = 0; call < 3; call++) {
    end = start();
    counts.push([watching.size, listening]);
  }
  end();
  counts.push([watching.size, listening]);
  return counts;
}"""


@pytest.mark.browser
def test_a_change_of_the_theme_leaves_one_watch_and_the_end_none(chromium: Any) -> None:
    page = chromium.new_page()
    *times, after = page.evaluate(CALLED_AGAIN, SCRIPT.read_text(encoding="utf-8"))
    page.close()
    assert times == [times[0]] * 3
    assert times[0][0] == 1
    assert times[0][1] > 0
    assert after == [0, 0]
