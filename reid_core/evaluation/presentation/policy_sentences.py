"""The rules of an evaluation in words, as every report states them."""

from __future__ import annotations

from collections.abc import Iterable

from reid_core.evaluation.report import EvaluationReport, Protocol
from reid_core.records import plural

BASIC = (
    "Each query is compared with the whole gallery. Crops of its person in its own camera are left out of its list "
    "(the same moment proves nothing); where a camera is unknown they count."
)
SAME_CAMERA = (
    "Matches of the query's own camera count. Crops of one moment look alike, so these figures are higher than those "
    "across cameras and cannot be compared with them."
)
CAMERAS_UNKNOWN = "though they may be of the same moment"
NO_CAMERA = (
    "No crop says its camera: matches of the same moment count, so these figures are higher than those across cameras."
)
ALONE = (
    "No query is compared with a crop of anybody else, so every figure is 100 % whatever the model: these say nothing "
    "of it. Add other people to the gallery."
)
DISTRACTORS = "Distractors stay in the gallery and match nobody. Junk and crops of unknown identity are left out."
TIES = "Of equal similarities, somebody else's crop stands before the match: ties count against the system."
NO_MATCH = "Queries without a match in the gallery are in no mean; their number is given."
INTERVALS = (
    "Intervals are of 95 %, by drawing the queries' people anew (bootstrap) while the gallery stays; they say nothing "
    "of other galleries, sites or cameras."
)
USUAL = (BASIC, DISTRACTORS, TIES, NO_MATCH, INTERVALS)


def cautions(report: EvaluationReport) -> tuple[str, ...]:
    """What must stand beside its figures; those of a report made before such sentences were kept are derived."""
    if report.protocol.same_camera:
        return (SAME_CAMERA, *report.cautions)
    if not report.cautions and not report.tested.cameras:
        return (NO_CAMERA,)
    return report.cautions


def mark(report: EvaluationReport) -> str:
    """Cautions about cameras, and that nobody else is there, for a table where no sentence fits; "" for neither."""
    said = cautions(report)
    cameras = "some cameras unknown" if any(CAMERAS_UNKNOWN in sentence for sentence in said) else ""
    if report.protocol.same_camera:
        cameras = "same camera counts"
    elif NO_CAMERA in said:
        cameras = "no cameras known"
    return ", ".join(filter(None, [cameras, "nobody else there" if ALONE in said else ""]))


def cameras_note(cameras: Iterable[str | None], *, same_camera: bool = False) -> str:
    """What unknown cameras do to figures, "" where they do nothing: `cameras` are those of the people's crops.

    Where `same_camera` lets all matches count, `SAME_CAMERA` says it already.
    """
    every = list(cameras)
    unknown = sum(camera is None for camera in every)
    if same_camera or not unknown:
        return ""
    if unknown == len(every):
        return NO_CAMERA
    known = {camera for camera in every if camera is not None}
    note = (
        f"The camera of {unknown:,} of {plural(len(every), 'crop')} is not known: matches with these count "
        f"{CAMERAS_UNKNOWN}, so these figures are higher than those across cameras."
    )
    if len(known) == 1:
        note += f" All other crops are of camera {known.pop()}, so nothing is measured across cameras."
    return note


def copies_note(pictures: int) -> str:
    """Names no crop and no person: a report may be handed on. The failures name them."""
    return (
        f"{plural(pictures, 'picture')} {'is' if pictures == 1 else 'are'} in this gallery under more than one label, "
        "so one label of each is wrong, or its frame shows two people. Failures of the reason label suspicious show "
        "those that are asked for; the Gallery page lists pictures that look alike."
    )


def saturated_note(fmr: float, *, copies: bool = False) -> str:
    """`fmr` is the highest rate of false matches for which there is no threshold. `copies` says that one picture is
    known to stand under several labels (`copies_note`), which is then the likelier reason."""
    vectors = "the model gives nearly one vector to all crops (see `reid model add`, --mean and --std)"
    labels = "the same pictures are labelled as several people"
    first, second = (labels, vectors) if copies else (vectors, labels)
    return (
        f"More than 1 in {round(1 / fmr):,} pairs of different people have similarity 1, so no threshold lets only so "
        f"few of them match. Either {first}, or {second}."
    )


def sentences(protocol: Protocol) -> tuple[str, ...]:
    """What was done and what counts, for people who read the figures."""
    found = [SAME_CAMERA if protocol.same_camera else BASIC]
    if protocol.multi_query:
        found.append("All crops of a person in a camera ask together, as their mean vector (multi-query).")
    weights = f", weighted by similarity to the power {protocol.alpha:g}" if protocol.alpha else ""
    if protocol.expansion:
        found.append(f"Each query is mixed with its {plural(protocol.expansion, 'nearest crop')}{weights}.")
    if protocol.augmentation:
        found.append(f"Each gallery crop is mixed with its {plural(protocol.augmentation, 'nearest other')}{weights}.")
    if protocol.rerank:
        found.append(
            "Ranked by k-reciprocal distances. They mean nothing from one query to the next, so what rests on a "
            "threshold or on parts of the gallery is told of plain rankings only."
        )
    return (*found, DISTRACTORS, TIES, NO_MATCH, INTERVALS)
