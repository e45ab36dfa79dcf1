"""What becomes of recordings: whole drawn minutes against their truth, and how many streams a core analyses.

    python -m tests.benchmarks.video.recordings [SECONDS]

Four cameras of three drawn sites, SECONDS (150) each, so ten minutes a site, by the shipped detector and the best
shipped embedder. A true track is one walk past one camera of which more than half of the body is seen, 48 px high or
more, for 1.5 s or more; it is found when a tracklet whose crops mostly show that person has a crop of it. A crop shows
the person with the largest overlap (IoU) times visible share. A tracklet is pure when nine of ten of its crops show one
person. Then the street in ../shared, again and again, on one thread: how much faster than it was filmed, and the memory
of the process.
"""

from __future__ import annotations

import itertools
import os
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from reid_core.datasets.synthetic.recordings import (
    FilmConfig,
    FilmedSite,
    Sighting,
    read_truth,
    recording_name,
    write_recordings,
)
from reid_core.embedder.inference import Embedder
from reid_core.signals import StopRequest
from reid_core.video.boxes import overlaps
from reid_core.video.detection import load_detector
from reid_core.video.detection.detector import SHIPPED, SHIPPED_DETECTORS
from reid_core.video.motchallenge import read_tracks
from reid_core.video.stream import Reading
from reid_core.workspace.actor import system_user
from reid_core.workspace.imports.planned_recordings import Planned
from reid_core.workspace.imports.recordings import import_recording
from reid_core.workspace.workspace import Workspace
from tests.support.tracking_figures import Figures, Row, figures

SEEDS = (0, 1, 2)
SECONDS = 150.0
SEEN, HIGH, LONG, APART = 0.5, 48, 1.5, 3.0  # share of the body, pixels, seconds, seconds between two walks
PURE = 0.9  # of the crops
STREET = Path(__file__).parents[4] / "shared/data/video/towncentre_302f_1080p.mp4"
REPEATED = 12  # times that the street is joined to itself
_GALLERY = "bench"


def site_of(seed: int, seconds: float) -> FilmConfig:
    """As many people as give each camera about three in view."""
    return FilmConfig(cameras=4, people=max(8, round(seconds / 3)), seconds=seconds, seed=seed, transit=(6.0, 40.0))


def walks(sightings: list[Sighting], rate: int) -> Iterator[list[Sighting]]:
    """Each walk of each person."""
    by_person: dict[str, list[Sighting]] = defaultdict(list)
    for each in sightings:
        by_person[each.person].append(each)
    for mine in by_person.values():
        mine.sort(key=lambda each: each.frame)
        starts = [0, *(n for n in range(1, len(mine)) if mine[n].frame - mine[n - 1].frame > APART * rate), len(mine)]
        yield from (mine[low:high] for low, high in itertools.pairwise(starts))


def box_of(each: Sighting, size: tuple[int, int]) -> tuple[float, float, float, float]:
    right, bottom = min(each.left + each.width, size[0]), min(each.top + each.height, size[1])
    return max(0, each.left), max(0, each.top), right, bottom


def of_recording(truth: list[Sighting], tracks: Path, config: FilmConfig) -> Figures:
    """Tracks against the walks that can be seen; boxes about people who cannot be seen well count neither way."""
    with tracks.open() as file:
        found = [
            (one.frame, one.track, one.left, one.top, one.left + one.width, one.top + one.height)
            for one in read_tracks(file, tracks.name)
        ]
    analysed = {row[0] for row in found}
    seen: list[Row] = []
    unseen: dict[int, list[tuple[float, float, float, float]]] = defaultdict(list)
    for number, walk in enumerate(walks(truth, config.rate), 1):
        good = seen_well(walk)
        counts = len(good) >= LONG * config.rate
        for each in walk:
            box = box_of(each, config.size)
            if counts and each in good:
                if each.frame in analysed:
                    seen.append((each.frame, number, *box))
            else:
                unseen[each.frame].append(box)
    clear: dict[float, list[tuple[float, ...]]] = defaultdict(list)
    for row in seen:
        clear[row[0]].append(row[2:])
    kept = [row for row in found if not _is_of_unseen(row, clear[row[0]], unseen[row[0]])]
    return figures(seen, kept)


def _is_of_unseen(row: Row, clear: list[tuple[float, ...]], unseen: list[tuple[float, float, float, float]]) -> bool:
    if not unseen:
        return False
    box = np.array([row[2:]], np.float32)
    of_clear = overlaps(box, np.array(clear, np.float32).reshape(-1, 4)).max(initial=0)
    return bool(overlaps(box, np.array(unseen, np.float32)).max() > max(of_clear, 0.1))


def kept(workspace: Workspace, truth: dict[str, list[Sighting]], config: FilmConfig) -> tuple[int, int, int, int]:
    """Pure tracklets and all that show people of the truth at all; true walks with a tracklet of their own, and all."""
    who: dict[str, Counter[str]] = defaultdict(Counter)
    frames: dict[str, list[int]] = defaultdict(list)
    camera_of: dict[str, str] = {}
    for crop in workspace.catalogue.crops(_GALLERY).to_dict("records"):
        name, camera, frame = str(crop["tracklet"]), str(crop["camera"]), int(Path(str(crop["path"])).stem)
        there = [each for each in truth[camera] if each.frame == frame]
        left, top = crop["box_left"], crop["box_top"]
        box = np.array([[left, top, left + crop["box_width"], top + crop["box_height"]]], np.float32)
        shared = overlaps(box, np.array([box_of(each, config.size) for each in there], np.float32).reshape(-1, 4))
        if shared.size and shared.max() >= 0.3:
            shown = shared[0] * [each.visibility for each in there]
            who[name][there[int(shown.argmax())].person] += 1
            frames[name].append(frame)
            camera_of[name] = camera
    pure = sum(max(each.values()) >= PURE * each.total() for each in who.values())
    mine = {(camera_of[name], each.most_common(1)[0][0], frame) for name, each in who.items() for frame in frames[name]}
    found = [
        any((camera, each.person, each.frame) in mine for each in walk)
        for camera, sightings in truth.items()
        for walk in walks(sightings, config.rate)
        if len(seen_well(walk)) >= LONG * config.rate
    ]
    return pure, len(who), sum(found), len(found)


def seen_well(walk: list[Sighting]) -> list[Sighting]:
    return [each for each in walk if each.visibility > SEEN and each.height >= HIGH]


def drawn(seconds: float) -> None:
    detector = load_detector(SHIPPED_DETECTORS / SHIPPED, threads=os.cpu_count() or 1)
    print(f"Four cameras of drawn sites, {seconds:,.0f} s each, analysed 5 times a second")
    for seed in SEEDS:
        config = site_of(seed, seconds)
        site = FilmedSite(config)
        with tempfile.TemporaryDirectory() as folder:
            films = Path(folder) / "films"
            write_recordings(films, config)
            workspace = Workspace(Path(folder) / "workspace", system_user())
            embedder = Embedder(workspace.best_model())
            truth, each, began = {}, [], time.process_time()
            for number, camera in site.cameras.items():
                tracks = Path(folder) / f"{camera.name}.txt"
                plan = Planned(films / recording_name(site, number), camera.name, seconds)
                import_recording(workspace, plan, _GALLERY, detector, embedder, stop=StopRequest(), tracks=tracks)
                truth[camera.name] = read_truth((films / f"{camera.name}.truth.csv").read_bytes())
                each.append(of_recording(truth[camera.name], tracks, config))
                print(f"    seed {seed} {camera.name}: {each[-1]}", flush=True)
            spent = time.process_time() - began
            pure, tracklets, found, true = kept(workspace, truth, config)
            followed = sum(one.found * one.true_tracks for one in each) / sum(one.true_tracks for one in each)
            hota = float(np.mean([one.hota for one in each]))
            print(
                f"  seed {seed}: {found / true:.1%} of {true:,} true tracks found ({followed:.1%} followed for half of "
                f"their time), {pure / tracklets:.1%} of {tracklets:,} tracklets pure, HOTA {hota:.3f}, "
                f"{4 * seconds / spent:.1f} times real time per core",
                flush=True,
            )


def street() -> None:
    if not STREET.is_file():
        print(f"Streams per core: not measured, since {STREET} is absent")
        return
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / "street.mp4"
        seconds = repeated(STREET, joined, REPEATED)
        workspace = Workspace(Path(folder) / "workspace", system_user())
        detector, embedder = load_detector(SHIPPED_DETECTORS / SHIPPED), Embedder(workspace.best_model())
        plan = Planned(joined, "street", seconds, reading=Reading(threads=1))
        decoded, began = time.process_time(), time.perf_counter()
        with av.open(str(joined)) as container:
            frames = sum(1 for _ in container.decode(video=0))
        decoding = time.process_time() - decoded
        cpu, began = time.process_time(), time.perf_counter()
        report = import_recording(workspace, plan, _GALLERY, detector, embedder, stop=StopRequest())
        spent, passed = time.process_time() - cpu, time.perf_counter() - began
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"The street, {frames:,} frames of 1080p in {seconds:.0f} s: {seconds / spent:.1f} streams in real time "
            f"per core ({passed:.0f} s, {spent:.0f} s of processors; decoding alone {seconds / decoding:.1f}), "
            f"{report.tracklets} tracklets, {report.crops} crops, {memory:.0f} MB at most"
        )


def repeated(source: Path, target: Path, times: int) -> float:
    """The film that many times on end, without encoding it again; its length in seconds."""
    with av.open(str(target), "w") as out:
        stream, offset, length = None, 0, 0.0
        for _ in range(times):
            with av.open(str(source)) as film:
                video = film.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                assert video.duration is not None
                assert video.time_base is not None
                for packet in film.demux(video):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts, packet.dts, packet.stream = packet.pts + offset, packet.dts + offset, stream
                    out.mux(packet)
                offset += video.duration
                length += float(video.duration * video.time_base)
    return length


def run(seconds: float = SECONDS) -> None:
    street()
    drawn(seconds)


if __name__ == "__main__":
    run(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
