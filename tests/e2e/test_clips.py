"""Clips in a real browser: which frame it shows at which moment, read from the pixels of its canvas."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from reid_core.workspace.clips.cutting import made
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.e2e.conftest import OpenPage, Serve
from tests.support.films import BITS
from tests.workspace.clips.played import CROP, CROP_OF_LATER, played

RATE = 25
PLAYS = """() => document.createElement("video").canPlayType('video/mp4; codecs="avc1.42E01E"') !== "" """
# The number that each frame shows: see `tests.support.films.numbered`.
SEEN = """async ([address, moments, bits]) => {
  const video = document.createElement("video");
  const event = (name) => new Promise((done, failed) => {
    video.addEventListener(name, done, { once: true });
    video.addEventListener("error", () => failed(new Error(video.error.message)), { once: true });
  });
  // A frame is decoded before it can be drawn: on a busy machine some time before.
  const presented = () => new Promise((done) => video.requestVideoFrameCallback(done));
  const first = presented();
  document.body.append(video);
  video.muted = true; video.preload = "auto"; video.src = address;
  await Promise.all([event("loadeddata"), first]);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const number = () => {
    context.drawImage(video, 0, 0);
    let found = 0;
    for (let bit = 0; bit < bits; bit++) {
      const x = Math.floor(((bit % 4) + 0.5) * canvas.width / 4);
      const y = Math.floor((Math.floor(bit / 4) + 0.5) * canvas.height / 3);
      if (context.getImageData(x, y, 1, 1).data[1] > 127) found += 2 ** bit;
    }
    return found;
  };
  const seen = [number()];
  for (const moment of moments) {
    const arrived = Promise.all([event("seeked"), presented()]);
    video.currentTime = moment;
    await arrived;
    seen.push(number());
  }
  return seen;
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("mp4", {"b_frames": 3}, "as recorded"), ("ts", {"b_frames": 2}, "as recorded"),
        ("avi", {"codec": "mjpeg", "b_frames": 0}, "converted to H.264"),
    ],
)  # fmt: skip
def test_the_browser_shows_the_frame_of_each_moment(
    serve: Serve, open_page: OpenPage, tmp_path: Path, kind: str, given: dict[str, Any], said: str
) -> None:
    """At 50 moments of two clips, with key frames 10 seconds apart."""
    workspace = Workspace(tmp_path / "workspace", TESTER)
    played(workspace, tmp_path, kind=kind, rate=RATE, drawn=given)
    for crop in (CROP, CROP_OF_LATER):
        made(workspace, crop)
    page = open_page("about:blank")
    address = serve(workspace.path)
    chance = random.Random(3)
    for crop in (CROP, CROP_OF_LATER):
        page.goto(f"{address}/walks/{crop}.json")  # any page of the server, under its policy
        if not page.evaluate(PLAYS):
            pytest.skip("this browser has no H.264")
        clip = page.evaluate("() => fetch(location.href).then((answer) => answer.json())")["clip"]
        assert clip["said"] == said
        frames = chance.sample(range(len(clip["times"])), 25)
        moments = [clip["times"][frame] - clip["first"] + chance.choice((0.001, 0.02, 0.038)) for frame in frames]
        seen = page.evaluate(SEEN, [clip["address"], moments, BITS])
        assert seen == [round(clip["times"][frame] * RATE) + 1 for frame in (0, *frames)]
