"""Fields to whole frames: a comb where somebody walks would spoil every crop.

The filter is FFmpeg's bwdif, which costs 1 ms of CPU per 1080p frame (yadif 2.5). One frame comes out for each frame
in; it looks at the frames before and after.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import av
from av.filter import Graph

from reid_core.video.stream.decoding import Decoded

Shape = tuple[int, int, str]


def deinterlaced(frames: Iterator[Decoded], asked: bool | None) -> Iterator[Decoded]:
    """The frames, those made of two fields filled up: all of them if `asked`, none if False, or those that say so.

    Nothing is filtered before the first frame that needs it; from then on each frame comes one later than it did.
    """
    graph: Graph | None = None
    shape: Shape | None = None
    waiting: deque[Decoded] = deque()
    for one in frames:
        now = (one.frame.width, one.frame.height, one.frame.format.name)
        if graph is not None and now != shape:
            yield from _rest(graph, waiting)
            graph = None
        if graph is None and (asked or (asked is None and one.frame.interlaced_frame)):
            graph, shape = _graph(one.frame, "all" if asked else "interlaced"), now
        if graph is None:
            yield one
            continue
        waiting.append(one)
        graph.vpush(one.frame)
        yield from _ready(graph, waiting)
    if graph is not None:
        yield from _rest(graph, waiting)


def _graph(frame: av.VideoFrame, which: str) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 1000)
    )
    graph.link_nodes(source, graph.add("bwdif", f"mode=send_frame:parity=auto:deint={which}"), graph.add("buffersink"))
    graph.configure()
    return graph


def _ready(graph: Graph, waiting: deque[Decoded]) -> Iterator[Decoded]:
    while waiting:
        try:
            frame = graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield replace(waiting.popleft(), frame=frame)


def _rest(graph: Graph, waiting: deque[Decoded]) -> Iterator[Decoded]:
    graph.vpush(None)
    yield from _ready(graph, waiting)
    yield from waiting  # none, unless the filter lost one: it is given as it came
    waiting.clear()
